/** The names of figures for every page: kept in the contract, since mails of alerts say the same ones. */
export * from '../../server/contract/figure-names.ts';
