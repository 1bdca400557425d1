//! The service on a store: what is kept, what is found, what it costs, and what happens when everything happens at once.

mod cost;
mod dice;
mod duplicates;
mod history;
mod reach;
mod simulation;
mod somebody;
mod store;
mod transfer;
mod upkeep;
