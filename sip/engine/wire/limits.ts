/**
 * The hard limits of the SIP edge. One place, so that the documentation, the tests and the parser agree.
 * Everything a stranger can send is bounded by a number in this file. Pure.
 */

/** A whole SIP message, start line to body (a UDP datagram cannot be longer anyway). */
export const MAX_MESSAGE_BYTES = 65_536;
/** Header field lines in one message, after unfolding. */
export const MAX_HEADER_COUNT = 256;
/** One header field line, name and value, after unfolding. */
export const MAX_HEADER_LINE_BYTES = 16_384;
/** The Request-URI and any URI that we act on. */
export const MAX_URI_BYTES = 4_096;
/** Parameters of one Via, From, To, Contact or URI. */
export const MAX_PARAM_COUNT = 64;
/** Largest CSeq number that is taken (RFC 3261 20.16 asks for less than 2**31, peers that wrap at 32 bits exist). */
export const MAX_CSEQ = 4_294_967_295;
/** Call-ID and tags become keys of our tables. */
export const MAX_TOKEN_BYTES = 1_024;
/** Above this a request goes over TCP unless the peer refuses it (RFC 3261 18.1.1). */
export const MAX_UDP_REQUEST_BYTES = 1_300;
