//! The stack of template.yaml in one process: routes, roles and tables as deployed, on an embedded DynamoDB.
//!
//! `jean serve` binds a [`Stack`](stack::Stack) to a port, and tests call its router directly. The caller supplies the
//! functions, so this crate depends on none of them. Other AWS services are not emulated, and the engine shows neither
//! throttling nor transaction conflicts nor eventually consistent reads.
//!
//! | Module | Purpose |
//! |---|---|
//! | [`stack`] | starts the functions and wires them to routes and database |
//! | [`template`] | reads template.yaml: routes, functions, variables, tables |
//! | [`role`] | denies DynamoDB actions that a function's policies do not allow |
//! | [`engine`] | DynamoDB on SQLite behind the AWS SDK's connector |
//! | [`private`] | files that only their owner can read |
//!
//! ```
//! use jean_local::template::{ParameterValues, Template};
//!
//! let source = "
//! Resources:
//!   TokenFunction: { Type: 'AWS::Serverless::Function', Properties: { CodeUri: functions/token/ } }
//!   TokenIntegration:
//!     Type: AWS::ApiGatewayV2::Integration
//!     Properties: { IntegrationType: AWS_PROXY, IntegrationUri: !GetAtt TokenFunction.Arn, PayloadFormatVersion: '2.0' }
//!   TokenRoute:
//!     Type: AWS::ApiGatewayV2::Route
//!     Properties: { RouteKey: POST /oauth/token, Target: !Sub 'integrations/${TokenIntegration}' }
//! ";
//! let template = Template::read(source, &ParameterValues::default())?;
//! let route = &template.routes[0];
//! assert_eq!(route.path, "/oauth/token");
//! assert_eq!(template.functions[&route.function].folder(), "functions/token");
//! # Ok::<(), jean_local::template::TemplateError>(())
//! ```

pub mod engine;
mod gateway;
pub mod private;
pub mod role;
mod settings;
pub mod stack;
pub mod template;
