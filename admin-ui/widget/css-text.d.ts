/** A style sheet as text, made small by the build. */
/// <reference types="vite/client" />
