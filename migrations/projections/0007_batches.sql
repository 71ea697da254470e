-- Settlement batches: where the journal was cut, and what was made of each cut, so that nobody has to replay the journal for
-- a digest.

-- one row per cut, as the journal tells it. No rules before the fifth cut anything, so nothing has to be told anew
create table batches (
    number        integer primary key,
    seq           integer not null,
    ts_us         integer not null,
    -- what had come from the chain by then
    deposits      integer not null,
    imports       integer not null,
    exits         integer not null,
    -- the command that said it is on the chain for good; null before
    confirmed_seq integer
) strict;

-- one row per body that was made, by whoever replays the journal to the cut; a row that is gone is made again
create table batch_bodies (
    number        integer primary key,
    -- the vault that the digest is good for
    chain_id      integer not null,
    vault         blob not null check (length(vault) = 20),
    prev_digest   blob not null check (length(prev_digest) = 32),
    first_seq     integer not null,
    last_seq      integer not null,
    epoch         integer not null,
    journal_head  blob not null check (length(journal_head) = 32),
    deposits_done integer not null,
    deposits_hash blob not null check (length(deposits_hash) = 32),
    state_root    blob not null check (length(state_root) = 32),
    data_hash     blob not null check (length(data_hash) = 32),
    -- sums of all accounts may pass 63 bits, hence text
    equity        text not null,
    withdrawn     text not null,
    digest        blob not null check (length(digest) = 32),
    -- size of the body's file
    bytes         integer not null
) strict;
