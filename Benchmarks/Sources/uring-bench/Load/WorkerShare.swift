// SPDX-License-Identifier: Apache-2.0

import ArgumentParser

/// The connections of one worker process, and how it opens them.
struct WorkerShare: ParsableArguments {
  @Option var first: Int
  @Option var count: Int
  @Option var window: Int
  @Option var perSource: Int
  @Option var connectSeconds: Double

  /// A plan whose time begins now.
  func connectPlan(to shape: LoadShape) throws(SystemFailure) -> EchoLoad.ConnectPlan {
    EchoLoad.ConnectPlan(
      server: try IPv4Endpoint(host: shape.host, port: shape.port), window: window,
      perSource: perSource,
      deadline: MonotonicClock.now + MonotonicClock.nanoseconds(connectSeconds))
  }
}
