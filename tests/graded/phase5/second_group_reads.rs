//! The experiment of `second_group_reads`.
