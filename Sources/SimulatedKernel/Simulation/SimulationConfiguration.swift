// SPDX-License-Identifier: Apache-2.0

public import CompletionIO
package import Uring

/// The machine that a simulation simulates.
public struct SimulationConfiguration: Hashable, Sendable {
  /// How each loop is made.
  public var loop = LoopConfiguration()
  /// Loops in a group; all of them are turned on one thread, in an order that the seed decides.
  public var loopCount = 1
  /// What the loops take their completions from.
  public var model = Model.ring
  /// Buffers and times of the network.
  public var network = SimulatedNetwork()
  /// Features that the loops take their kernel to have, and so the forms of requests that they use.
  package var features = KernelTier.full.features
  /// Those of them that the model has.
  var offeredFeatures: KernelFeatures {
    switch model {
    case .ring: features
    case .readiness: features.subtracting(features.subtracting(ReadinessFeatures.all))
    }
  }

  /// Lines of trace that an error shows; 0 for none, which is faster.
  ///
  /// A seed replays exactly, so a run that fails can be repeated with a trace.
  public var traceLimit = 0

  /// A way to completions.
  public enum Model: String, Hashable, Sendable, CaseIterable {
    /// A ring completes requests.
    case ring
    /// Completions are made of readiness, without a ring.
    case readiness
  }

  /// The defaults.
  public init() {}
}
