//! The planner against all assignments, and case by case.

mod all_assignments;
mod cases;
