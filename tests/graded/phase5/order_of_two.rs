//! The experiment of `order_of_two`.
