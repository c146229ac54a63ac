/** This computer alone: where servers listen, and packets stay, unless a person says otherwise. */
export const LOOPBACK = '127.0.0.1'
