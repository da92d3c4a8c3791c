//! Summaries of small made-up runs, in every rendering.

mod fixture;
mod goals;
mod html;
mod json;
mod record;
mod tables;
mod text;
mod validity;
