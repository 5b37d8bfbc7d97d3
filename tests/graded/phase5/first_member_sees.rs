//! The experiment of `first_member_sees`.
