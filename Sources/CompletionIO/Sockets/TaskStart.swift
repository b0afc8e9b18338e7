// SPDX-License-Identifier: Apache-2.0

/// When a connection that a listener serves gets its task:
/// ``StreamListener/serve(limits:startingTasks:lingering:onRefused:onError:_:)``.
public enum TaskStart: Hashable, Sendable {
  /// When it is accepted.
  case atOnce
  /// When its first bytes have come; until then it costs as little as one with a delegate.
  ///
  /// For protocols in which the peer speaks first. The body's first receive returns those bytes at
  /// once. A connection that ends before them is closed, and no body is called. So are those without
  /// a task when the listener closes or the serving task is cancelled; they count as served
  /// (``ServeLimits/connectionsPerLoop``), and may wait for as long as the shorter of
  /// ``ServeLimits/idleTime`` and ``ServeLimits/receiveTime``.
  case withFirstBytes
}
