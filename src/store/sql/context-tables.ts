import type { SqlDialect } from './batch-tables.ts';

/**
 * The tables of contexts and of what is made for them, a migration of either database. A product is there whole or not
 * at all, and goes with its context.
 */
export const contextTables = ({ rowid, integer, ending }: SqlDialect): string => `
  CREATE TABLE contexts (
    ${rowid}
    owner TEXT NOT NULL,
    id TEXT NOT NULL,
    key TEXT NOT NULL UNIQUE,
    recipe TEXT NOT NULL,
    text TEXT NOT NULL,
    hash TEXT NOT NULL,
    characters ${integer} NOT NULL,
    questions TEXT NOT NULL,
    created_at ${integer} NOT NULL,
    asks ${integer} NOT NULL DEFAULT 0,
    hits ${integer} NOT NULL DEFAULT 0,
    drafted ${integer} NOT NULL DEFAULT 0,
    accepted ${integer} NOT NULL DEFAULT 0,
    tokens ${integer} NOT NULL DEFAULT 0,
    passes ${integer} NOT NULL DEFAULT 0,
    spent ${integer} NOT NULL DEFAULT 0,
    PRIMARY KEY (owner, id)
  ) ${ending};
  CREATE INDEX contexts_of_owner ON contexts (owner, created_at, id);

  CREATE TABLE context_products (
    ${rowid}
    context_key TEXT NOT NULL REFERENCES contexts (key) ON DELETE CASCADE,
    kind TEXT NOT NULL,
    position ${integer} NOT NULL,
    recipe_hash TEXT NOT NULL,
    passes ${integer} NOT NULL,
    created_at ${integer} NOT NULL,
    content TEXT NOT NULL,
    PRIMARY KEY (context_key, kind, position, recipe_hash)
  ) ${ending};
  `;
