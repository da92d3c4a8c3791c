"""A collector made of Google's gRPC and OpenTelemetry's own messages. GET /last tells what came last."""

import json
import threading
from concurrent import futures
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import grpc
from google.protobuf.json_format import MessageToDict
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2 as service

last = {}


def note(how, request, headers):
    metrics = {}
    resource = {}
    for one in request.resource_metrics:
        resource = {pair.key: pair.value.string_value for pair in one.resource.attributes}
        for scope in one.scope_metrics:
            for metric in scope.metrics:
                metrics[metric.name] = MessageToDict(metric)
    last.update(how=how, resource=resource, metrics=metrics, headers=headers)


def export(request, context):
    note("grpc", request, dict(context.invocation_metadata()))
    return service.ExportMetricsServiceResponse()


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["content-length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        note(f"http {self.path}", service.ExportMetricsServiceRequest.FromString(body), headers)
        self.answer(b"")

    def do_GET(self):
        self.answer(json.dumps(last).encode())

    def answer(self, body):
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close" if self.command == "GET" else "keep-alive")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


method = grpc.unary_unary_rpc_method_handler(
    export,
    request_deserializer=service.ExportMetricsServiceRequest.FromString,
    response_serializer=service.ExportMetricsServiceResponse.SerializeToString,
)
name = "opentelemetry.proto.collector.metrics.v1.MetricsService"
calls = grpc.server(futures.ThreadPoolExecutor(2))
calls.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(name, {"Export": method}),))
grpc_port = calls.add_insecure_port("127.0.0.1:0")
calls.start()
web = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=web.serve_forever, daemon=True).start()
print(f"listening {web.server_port}", flush=True)
print(f"grpc {grpc_port}", flush=True)
calls.wait_for_termination()
