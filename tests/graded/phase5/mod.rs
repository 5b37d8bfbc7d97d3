//! Phase 5: one experiment a file. Each check asks for the prediction first, then carries the experiment out on the broker
//! of the run, and compares.

mod aborted_transaction;
mod acks_and_replicas;
mod consumers_with_work;
mod copies_after_a_lost_answer;
mod delivered_again;
mod first_member_sees;
mod handed_over_again;
mod key_after_growth;
mod lost_or_repeated;
mod order_of_two;
mod second_group_reads;
mod spread_of_records;
mod support;
mod where_a_group_starts;
