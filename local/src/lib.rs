//! The whole of Waybill in one process, for a laptop and for the tests.
//!
//! [`system::System`] runs the real router and the real handlers over AWS services that are embedded in
//! this process and made from the deployment's own template. Nothing of the product is replaced: the
//! clients are given another address, and do only what the template's [`roles`] allow.

pub mod delivery;
pub mod emulators;
pub mod folder;
pub mod gate;
pub mod http;
pub mod roles;
pub mod system;
pub mod template;
