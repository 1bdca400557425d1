# The worker and its store, in one process of workerd.
using Workerd = import "/workerd/workerd.capnp";

const config :Workerd.Config = (
  services = [
    (name = "worker", worker = .worker),
    (name = "store", worker = .store),
  ],
  sockets = [(name = "http", http = (), service = "worker")],
);

const worker :Workerd.Worker = (
  modules = [(name = "worker.mjs", esModule = embed "worker.mjs")],
  bindings = [(name = "OAUTH_KV", kvNamespace = "store")],
  compatibilityDate = "2026-11-01",
);

const store :Workerd.Worker = (
  modules = [(name = "store.mjs", esModule = embed "store.mjs")],
  compatibilityDate = "2026-11-01",
);
