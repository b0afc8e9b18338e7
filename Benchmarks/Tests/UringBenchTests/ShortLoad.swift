// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

@testable import uring_bench

/// The load of one worker for a moment, in this process; blocks the calling thread.
enum ShortLoad {
  static func run(
    port: UInt16, connections: Int, size: Int, pipeline: Int
  ) throws -> WorkerResult {
    let shape = try LoadShape.parse([
      "--port", "\(port)", "--connections", "\(connections)", "--size", "\(size)",
      "--pipeline", "\(pipeline)",
    ])
    var load = try EchoLoad(shape: shape, first: 0, count: connections)
    load.connectAll(
      EchoLoad.ConnectPlan(
        server: try IPv4Endpoint(host: shape.host, port: port), window: 4, perSource: 1000,
        deadline: MonotonicClock.now + 20_000_000_000))
    load.run(EchoWindow(warmup: 10_000_000, length: 200_000_000), server: nil) { _ in }
    return load.result
  }
}
