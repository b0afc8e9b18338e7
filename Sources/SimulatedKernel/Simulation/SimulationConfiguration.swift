public import CompletionIO
package import Uring

/// What a simulation simulates.
public struct SimulationConfiguration: Hashable, Sendable {
  /// How each loop is made.
  public var loop = LoopConfiguration()
  /// Loops in a group; all of them are turned on one thread, in an order that the seed decides.
  public var loopCount = 1
  /// Buffers and times of the network.
  public var network = SimulatedNetwork()
  /// What the loops take their kernel to be able to do, and so which forms of requests they use.
  package var features = KernelTier.full.features
  /// Lines of trace that an error shows; 0 for none, which is faster.
  ///
  /// A seed replays exactly, so a run that fails can be repeated with a trace.
  public var traceLimit = 0

  /// The defaults.
  public init() {}
}
