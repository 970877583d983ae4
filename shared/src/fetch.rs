//! Fetches a file from an address that a caller of the API gave, and posts events to such addresses.
//!
//! The address comes from a stranger and the request from inside the deployment, so the request must reach nothing that
//! only the deployment reaches. The promises are:
//!
//! - **The address that is checked is the address that is dialled.** A name is resolved once, addresses that are not public
//!   are left out ([`is_public`]), and the connection goes to one of the remaining addresses, never to the name. A name
//!   that changes its addresses between check and use gains nothing, and neither does any notation of an address.
//! - **A redirect is a new request.** Each one is checked and resolved anew, has to be `https`, and carries nothing but the
//!   address, and conditions if its host is the one that gave the validators. Five are followed.
//! - **Bounded.** Time to connect, time without a byte, time and bytes in all ([`FetchLimits`]).
//! - **Whole, or an error.** An answer other than 200, or with fewer bytes than announced, is an error.
//! - **Nothing leaks.** Errors, logs and answers name scheme, host and path ([`Location::shown`]). Query strings, which are
//!   often signatures, are stored because the request needs them; user names and passwords are refused.
//!
//! A POST ([`post`]) has the same filter and follows no redirect. The local service alone posts to plain HTTP on loopback too, for
//! programs on the same machine ([`Fetcher::local`]).
//!
//! # Why a client of our own
//!
//! Clients of HTTP resolve and dial by themselves, keep connections, follow redirects and ask proxies. Each of these would
//! need a hook, and a hook that is forgotten opens a way. Here a request is one connection, in a screenful of code over
//! `hyper` and `rustls`, both of which the SDK needs anyway. The roots are Mozilla's, because the connections to AWS
//! trust Amazon's alone.

mod addresses;
mod client;
mod content;
mod error;
mod limits;
mod location;
mod network;
mod post;

pub use addresses::is_public;
pub use client::{Fetched, Fetcher};
pub use content::{ContentDigest, FileContent, FileValidators};
pub use error::{FetchError, Why};
pub use limits::FetchLimits;
pub use location::{Location, WrongLocation};
pub use network::{Network, Resolved};
pub use post::Posted;
