//! insightdesk.
