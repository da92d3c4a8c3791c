//! Summaries of small made-up runs, in every rendering.

mod fixture;
mod html;
mod json;
mod tables;
mod text;
