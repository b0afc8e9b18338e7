// SPDX-License-Identifier: Apache-2.0

/// Why a simulation could not come to its end.
public struct SimulationError: Error, Sendable {
  /// The fault.
  public let reason: Reason
  /// Replays the run.
  public let seed: UInt64
  /// Turns of loops before.
  public let step: Int
  /// How far the virtual clock had come.
  public let elapsed: Duration
  /// The last things that happened, oldest first; see ``SimulationConfiguration/traceLimit``.
  public let trace: [String]

  /// A fault of a run.
  public enum Reason: Hashable, Sendable {
    /// Everybody waits, and nothing will ever happen that could end a wait.
    case stalled
    /// A loop enters the kernel again and again and gets nowhere.
    case spinning
    /// The program did what it must not do, such as close a descriptor that is not open.
    case violated([String])
  }
}

extension SimulationError: CustomStringConvertible {
  /// The reason, the seed, the step, and the trace.
  public var description: String {
    let reason =
      switch reason {
      case .stalled: "everybody waits for what will never happen"
      case .spinning: "a loop enters the kernel again and again and gets nowhere"
      case .violated(let violations): violations.joined(separator: "; ")
      }
    let place = "seed \(seed), step \(step), after \(elapsed) of virtual time"
    return (["\(reason) (\(place))"] + trace).joined(separator: "\n")
  }
}
