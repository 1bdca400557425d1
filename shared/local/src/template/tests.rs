use std::collections::BTreeSet;

use super::*;

const SMALL: &str = "
Parameters:
  PublicUrl: { Type: String, Default: '' }
  Days: { Type: Number, Default: 90 }
  Asked: { Type: String }
Conditions:
  HasPublicUrl: !Not [!Equals [!Ref PublicUrl, '']]
  Both: !And [!Condition HasPublicUrl, !Equals [!Ref Days, 90]]
  Either: !Or [!Condition Both, !Equals [a, a]]
Globals:
  Function:
    Environment:
      Variables:
        PUBLIC_URL: !If [HasPublicUrl, !Ref PublicUrl, !GetAtt Api.ApiEndpoint]
        SHARED: globals
Resources:
  Api: { Type: 'AWS::ApiGatewayV2::Api', Properties: { Name: !Ref 'AWS::StackName', ProtocolType: HTTP } }
  Secret: { Type: 'AWS::SecretsManager::Secret' }
  ATable:
    Type: AWS::DynamoDB::Table
    Properties:
      AttributeDefinitions: [{ AttributeName: pk, AttributeType: S }]
      KeySchema: [{ AttributeName: pk, KeyType: HASH }]
      TimeToLiveSpecification: { AttributeName: ttl, Enabled: true }
      Tags: !If [Both, [{ Key: a, Value: b }], !Ref 'AWS::NoValue']
  AFunction:
    Type: AWS::Serverless::Function
    Properties:
      CodeUri: functions/a/
      Environment:
        Variables:
          TABLE: !Ref ATable
          SHARED: its own
          DAYS: !Ref Days
          SECRET_ARN: !Ref Secret
          JOINED: !Join ['-', [!Ref ATable, !Sub '${Days}d', !Sub ['${x}${!y}', { x: !Ref Days }]]]
          VARIABLE: value
  AnIntegration:
    Type: AWS::ApiGatewayV2::Integration
    Properties: { ApiId: !Ref Api, IntegrationType: AWS_PROXY, IntegrationUri: !GetAtt AFunction.Arn, PayloadFormatVersion: '2.0' }
  ARoute:
    Type: AWS::ApiGatewayV2::Route
    Properties: { ApiId: !Ref Api, RouteKey: 'GET /a/{x}', Target: !Sub 'integrations/${AnIntegration}' }
  AnotherRoute:
    Type: AWS::ApiGatewayV2::Route
    Condition: Either
    Properties: { ApiId: !Ref Api, RouteKey: ANY /b, Target: !Sub 'integrations/${AnIntegration}' }
";

fn values() -> ParameterValues {
    ParameterValues { parameters: BTreeMap::from([("PublicUrl".into(), "http://localhost:3000".into())]) }
}

fn read(source: &str) -> Result<Template, String> {
    Template::read(source, &values()).map_err(|error| error.to_string())
}

#[test]
fn route_resolves_to_the_function_of_its_integration() {
    let template = read(SMALL).expect("reads");
    let route = |method, path: &str| Route { method, path: path.into(), function: "AFunction".into() };
    let mut routes = template.routes;
    routes.sort_by(|a, b| a.path.cmp(&b.path));
    assert_eq!(routes, [route(Some(http::Method::GET), "/a/{x}"), route(None, "/b")]);
    assert_eq!(template.functions["AFunction"].code_uri, "functions/a/");
}

#[test]
fn globals_and_own_variables_are_merged_and_evaluated() {
    let template = read(SMALL).expect("reads");
    let variables: Vec<_> =
        template.functions["AFunction"].variables.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
    let expected = [
        ("DAYS", "90"),
        ("JOINED", "ATable-90d-90${y}"),
        ("PUBLIC_URL", "http://localhost:3000"),
        ("SECRET_ARN", ""),
        ("SHARED", "its own"),
        ("TABLE", "ATable"),
        ("VARIABLE", "value"),
    ];
    assert_eq!(variables, expected);
}

#[test]
fn table_becomes_a_create_table_request() {
    let definition = serde_json::json!({
        "TableName": "ATable",
        "BillingMode": "PAY_PER_REQUEST",
        "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
    });
    let table = TableDefinition { name: "ATable".into(), definition, ttl: Some("ttl".into()) };
    assert_eq!(read(SMALL).expect("reads").tables, [table]);
}

#[test]
fn route_with_a_false_condition_is_omitted() {
    let template = read(
        &SMALL
            .replace("Condition: Either", "Condition: Neither")
            .replace("Conditions:\n", "Conditions:\n  Neither: !Not [!Condition HasPublicUrl]\n"),
    );
    assert_eq!(template.expect("reads").routes.len(), 1);
}

#[test]
fn unsupported_constructs_are_errors_that_name_the_resource() {
    for (was, is, error) in [
        ("GET /a/{x}", "$connect", "ARoute: unsupported route $connect"),
        ("VARIABLE: value", "VARIABLE: !Ref Asked", "AFunction: the parameter Asked has neither a default"),
        ("VARIABLE: value", "VARIABLE: !GetAtt ATable.Arn", "AFunction: ATable.Arn has a value only in AWS"),
        ("VARIABLE: value", "VARIABLE: !Ref Api", "AFunction: Api has a value only in AWS"),
        ("VARIABLE: value", "VARIABLE: !Ref Unknown", "AFunction: unknown parameter, condition or resource Unknown"),
        ("VARIABLE: value", "VARIABLE: !ImportValue x", "AFunction: unsupported function Fn::ImportValue"),
        ("VARIABLE: value", "VARIABLE: !Sub '${Days'", "AFunction: invalid or unsupported use of Fn::Sub"),
        ("VARIABLE: value", "VARIABLE: [a, b]", r#"AFunction: ["a","b"] must be a string"#),
        ("CodeUri:", "Events: {}\n      CodeUri:", "AFunction: unsupported property Events"),
        ("CodeUri: functions/a/", "Timeout: 3", "AFunction: CodeUri is missing"),
        (
            "Secret: {",
            "Global: { Type: 'AWS::DynamoDB::GlobalTable' }\n  Secret: {",
            "Global: unsupported resource type AWS::DynamoDB::GlobalTable",
        ),
        ("Tags: !If", "KinesisStreamSpecification: !If", "ATable: unsupported property KinesisStreamSpecification"),
        ("IntegrationType: AWS_PROXY", "IntegrationType: HTTP_PROXY", "an integration of type AWS_PROXY is missing"),
        ("GetAtt AFunction.Arn", "GetAtt ATable.Arn", "/a/{x}: expected a function, found ATable"),
        (
            "{AnIntegration}' }\n  AnotherRoute",
            "{Api}', AuthorizerId: x }\n  AnotherRoute",
            "ARoute: unsupported property AuthorizerId",
        ),
        ("ProtocolType: HTTP", "CorsConfiguration: {}", "Api: unsupported property CorsConfiguration"),
        ("Condition: Either", "Condition: Unheard", "AnotherRoute: unknown parameter, condition or resource Unheard"),
        (
            "  PublicUrl: { Type: String, Default: '' }\n",
            "",
            "Parameters: unknown parameter, condition or resource PublicUrl",
        ),
    ] {
        let source = SMALL.replacen(was, is, 1);
        assert_ne!(source, SMALL, "{was}");
        let found = read(&source).expect_err(is);
        assert!(found.starts_with("template.yaml, ") && found.contains(error), "{is}: {found}");
    }
}

#[test]
fn template_of_this_repository_is_read() {
    let template = Template::of_project(&values()).expect("reads");
    let mcp = template.routes.iter().find(|route| route.path == "/mcp").expect("a route for /mcp");
    assert_eq!(template.functions[&mcp.function].code_uri, "functions/mcp/");
    assert_eq!(template.functions[&mcp.function].variables["PUBLIC_URL"], "http://localhost:3000");
    assert!(template.tables.iter().any(|table| table.name == "AuthTable" && table.ttl.as_deref() == Some("ttl")));
}

/// Settings need their routes first, and a stack that has them cannot be updated to a template without the route.
#[test]
fn stage_throttles_the_same_routes_for_ever() {
    let document = yaml::read(TEMPLATE).expect("reads");
    let stage = &document["Resources"]["DefaultStage"];
    let settings = stage["Properties"]["RouteSettings"].as_object().expect("settings");
    let throttled: BTreeSet<_> = settings.keys().map(String::as_str).collect();
    let awaited = stage["DependsOn"].as_array().expect("routes").iter().filter_map(Value::as_str);
    let awaited = awaited.map(|id| document["Resources"][id]["Properties"]["RouteKey"].as_str().expect("a route"));
    assert_eq!(awaited.collect::<BTreeSet<_>>(), throttled);
    let first = [
        "ANY /account/password",
        "ANY /account/sign-in",
        "ANY /account/sign-up",
        "ANY /oauth/register",
        "ANY /oauth/sign-in",
        "ANY /oauth/token",
        "ANY /register",
        "ANY /token",
    ];
    assert!(throttled.is_superset(&first.into()), "{throttled:?}");
}
