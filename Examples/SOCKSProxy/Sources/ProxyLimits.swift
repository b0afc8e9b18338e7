// SPDX-License-Identifier: Apache-2.0

/// How long the proxy waits.
struct ProxyLimits {
  /// How long a client may take to say what it wants.
  var negotiationTime = Duration.seconds(10)
  /// How long a connect may take, look-up and all.
  var connectTime = Duration.seconds(20)
  /// How long no byte and no datagram may move.
  var idleTime = Duration.seconds(300)
}
