//! The HTTP client of the command line and of the tests.

/// A builder of clients. The implementation of TLS's cryptography is chosen here for the whole process, as `reqwest` asks:
/// the one that the SDK's clients use.
pub fn builder() -> reqwest::ClientBuilder {
    // An error says that it was chosen before.
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder()
}

/// A builder of clients for loopback. Such a client has no root certificates, for reading the certificates of the machine
/// takes longer than the start of the local stack.
pub fn loopback() -> reqwest::ClientBuilder {
    builder().tls_certs_only([])
}
