// SPDX-License-Identifier: Apache-2.0

internal import SystemPackage
internal import Uring

/// How often which fault is to happen.
public struct FaultPlan: Hashable, Sendable {
  /// The probability of each fault, each time that it could happen; none is 0.
  public private(set) var probabilities: [Fault: Double] = [:]

  /// A plan without faults.
  public init() {}

  /// The probability of a fault, from 0 to 1, each time that it could happen.
  ///
  /// A request that waits for readiness first (`Request.Options.pollFirst`) is told EAGAIN a
  /// tenth as often: in a real kernel only a failure to wait leads there (io_arm_poll_handler).
  public subscript(fault: Fault) -> Double {
    get { probabilities[fault] ?? 0 }
    set {
      precondition((0...1).contains(newValue), "a probability of \(newValue)")
      probabilities[fault] = newValue == 0 ? nil : newValue
    }
  }
}

extension FaultPlan {
  /// Nothing goes wrong; the order of things still follows from the seed.
  public static let none = FaultPlan()

  /// Everything goes wrong at times, connections included, which end at a twentieth of the rate.
  ///
  /// - Parameter rate: The probability of each single fault, from 0 to 1.
  /// - Returns: A plan with every fault.
  public static func everything(rate: Double) -> FaultPlan {
    var plan = transient(rate: rate)
    for fault in Fault.all where fault.endsConnections { plan[fault] = rate / 20 }
    return plan
  }

  /// Everything goes wrong at times that a program need not notice: no connection is lost.
  ///
  /// An operation meets several kinds of fault, each at the rate, and tries so often at most
  /// (`ResubmissionPolicy.attemptLimit`). From a rate of some 0.1 on the last try can fail too, and the
  /// program is told of a fault that is no more than transient.
  ///
  /// - Parameter rate: The probability of each single fault, from 0 to 1.
  /// - Returns: A plan with every fault that ends no connection.
  public static func transient(rate: Double) -> FaultPlan {
    var plan = FaultPlan()
    for fault in Fault.all where !fault.endsConnections { plan[fault] = rate }
    return plan
  }

  /// Nearly every send would block, or takes a part of its bytes only.
  ///
  /// - Parameter rate: The probability of each, from 0 to 1.
  /// - Returns: A plan for sends.
  public static func sendWouldBlockStorm(rate: Double = 0.9) -> FaultPlan {
    var plan = FaultPlan()
    plan[.answer(.send, .resourceTemporarilyUnavailable)] = rate
    plan[.answer(.sendMessage, .resourceTemporarilyUnavailable)] = rate
    plan[.shortSend] = rate
    return plan
  }

  /// Bytes come and go in pieces.
  ///
  /// - Parameter rate: The probability of each cut, from 0 to 1.
  /// - Returns: A plan for transfers.
  public static func shortTransfers(rate: Double) -> FaultPlan {
    var plan = FaultPlan()
    for fault in [Fault.shortSend, .shortReceive, .shortTransfer] { plan[fault] = rate }
    return plan
  }
}
