//! The whole of Waybill in a single process, for a laptop and for the tests.
//!
//! [`system::System`] runs the product's own router and handlers over AWS services which are embedded in this
//! process and built from the deployment's template. No part of the product is replaced: the clients get other
//! addresses, and may do only what the template's [`roles`] allow.

pub mod delivery;
mod docs;
pub mod emulators;
pub mod environment;
pub mod events;
pub mod folder;
pub mod gate;
pub mod http;
pub mod http_client;
pub mod roles;
pub mod system;
pub mod template;
