//! The experiment of `where_a_group_starts`.
