//! The host behind a real WebSocket and a real HTTP port, with a gateway that follows a script.

mod calls;
mod database_away;
mod days;
mod desk_phones;
mod known_callers;
mod live_pages;
mod neighbour;
mod recorded;
mod restart;
mod returns;
mod waiting;
