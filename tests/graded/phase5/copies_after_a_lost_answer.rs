//! The experiment of `copies_after_a_lost_answer`.
