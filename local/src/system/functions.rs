//! The services of the functions, each limited to what the function's role allows.

use shared::services::Services;

/// The services of each function. Each function has its own clients, which allow exactly the requests of its role.
#[derive(Clone)]
pub struct Functions {
    pub api: Services,
    pub parser: Services,
    pub loader: Services,
    pub revert: Services,
    pub sweep: Services,
    pub notifier: Services,
}

impl Functions {
    /// Builds the services of each function from the function's logical id in the template.
    pub(super) fn of(services: impl Fn(&str) -> anyhow::Result<Services>) -> anyhow::Result<Self> {
        Ok(Self {
            api: services("ApiFunction")?.of("api"),
            parser: services("ParserFunction")?.of("parser"),
            loader: services("LoaderFunction")?.of("loader"),
            revert: services("RevertFunction")?.of("revert"),
            sweep: services("SweepFunction")?.of("sweep"),
            notifier: services("NotifierFunction")?.of("notifier"),
        })
    }

    /// Replaces the services of each function by the result of `change`.
    pub fn map(self, change: impl Fn(Services) -> Services) -> Self {
        Self {
            api: change(self.api),
            parser: change(self.parser),
            loader: change(self.loader),
            revert: change(self.revert),
            sweep: change(self.sweep),
            notifier: change(self.notifier),
        }
    }
}
