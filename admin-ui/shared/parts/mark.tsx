/** The hearth: what stands beside the name. */
export function Mark() {
  return (
    <svg class="mark" viewBox="0 0 32 32" aria-hidden="true">
      <path d="M3 26h26v2.6H3z" />
      <path d="M16 3c1 4.5 7 7 7 13.2A7 7 0 0 1 16 23a7 7 0 0 1-7-6.800c0-3 1.600-4.600 2.800-6.600c.6 1.600 1.200 2.400 2.200 3C13.600 9 14.400 6 16 3z" />
    </svg>
  );
}
