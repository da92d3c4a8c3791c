//! Summaries of small made-up runs, in every rendering; statistics and models on simulated ones.

mod compare;
mod fixture;
mod goals;
mod html;
mod infinite;
mod json;
mod record;
mod scalability;
mod simulated;
mod statistics;
mod synthetic;
mod tables;
mod text;
mod validity;
mod verdict;
