// SPDX-License-Identifier: Apache-2.0

#if NIO
public import CompletionIO
public import Dispatch
internal import NIOConcurrencyHelpers
public import NIOCore
internal import Synchronization
public import Uring

/// A group of completion loops as SwiftNIO's event loops, for ``UringServerBootstrap`` and
/// ``UringClientBootstrap``.
///
/// ```swift
/// let group = try UringEventLoopGroup()
/// let server = try await UringServerBootstrap(group: group)
///   .childChannelInitializer { $0.pipeline.addHandler(EchoHandler()) }
///   .bind(host: "127.0.0.1", port: 7000).get()
/// ```
public final class UringEventLoopGroup: EventLoopGroup, Sendable {
  /// The loops.
  public let group: CompletionLoopGroup
  private let loops: [UringEventLoop]
  private let nextIndex = Atomic<Int>(0)
  private let ending = NIOLockedValueBox(GroupEnding())
  private let mayShutDown: Bool

  /// Starts loops.
  ///
  /// - Parameters:
  ///   - numberOfThreads: How many; one for each processor if `nil`.
  ///   - kernel: The interface of the kernel that they use.
  ///   - configuration: How each is made.
  /// - Throws: `RingSetupError` when neither a ring can be made nor readiness used.
  public convenience init(
    numberOfThreads: Int? = nil, kernel: KernelChoice = .automatic,
    configuration: LoopConfiguration = LoopConfiguration()
  ) throws(RingSetupError) {
    self.init(
      try CompletionLoopGroup(
        count: numberOfThreads, kernel: kernel, configuration: configuration))
  }

  /// Makes event loops of loops that are there, for instance those of a simulation.
  ///
  /// - Parameter group: Is closed when this group is shut down.
  public convenience init(_ group: CompletionLoopGroup) {
    self.init(group, mayShutDown: true)
  }

  private init(_ group: CompletionLoopGroup, mayShutDown: Bool) {
    self.group = group
    self.mayShutDown = mayShutDown
    loops = group.loops.map { UringEventLoop($0) }
  }

  /// A group that all of the program may use, with a loop for each processor; it is never shut down.
  ///
  /// Ends the program where no loops can be made.
  public static let singleton: UringEventLoopGroup = {
    do throws(RingSetupError) {
      return UringEventLoopGroup(try CompletionLoopGroup(), mayShutDown: false)
    } catch {
      fatalError("no loops for UringEventLoopGroup.singleton: \(error)")
    }
  }()

  /// The next loop in turn.
  public func next() -> any EventLoop { nextLoop() }

  /// The loop of the calling thread, or else the next in turn.
  public func any() -> any EventLoop {
    loops.first { $0.inEventLoop } ?? nextLoop()
  }

  /// The loops, one after the other.
  public func makeIterator() -> EventLoopIterator { EventLoopIterator(loops) }

  func nextLoop() -> UringEventLoop {
    let index = nextIndex.wrappingAdd(1, ordering: .relaxed).oldValue
    return loops[Int(UInt(bitPattern: index) % UInt(loops.count))]
  }

  /// Closes every channel and ends the loops.
  ///
  /// - Parameters:
  ///   - queue: Where the callback is called.
  ///   - callback: Called when nothing is with the kernel any more; with an error for the
  ///     ``singleton``, which goes on.
  public func shutdownGracefully(
    queue: DispatchQueue, _ callback: @escaping @Sendable ((any Error)?) -> Void
  ) {
    guard mayShutDown else {
      return queue.async { callback(EventLoopError.unsupportedOperation) }
    }
    let step = ending.withLockedValue { $0.add { queue.async { callback(nil) } } }
    switch step {
    case .wait: break
    case .tell: queue.async { callback(nil) }
    case .begin:
      Task.detached { [group, ending] in
        await group.close()
        for tell in ending.withLockedValue({ $0.end() }) { tell() }
      }
    }
  }
}

extension EventLoopGroup {
  /// The next loop of a group that a bootstrap has looked at when it was made.
  func nextCheckedLoop() -> UringEventLoop {
    guard let loop = nextUringLoop() else {
      preconditionFailure("the bootstrap has looked at the group")
    }
    return loop
  }

  /// The next loop of this library's; `nil` if the group is another's.
  func nextUringLoop() -> UringEventLoop? {
    switch self {
    case let group as UringEventLoopGroup: group.nextLoop()
    case let loop as UringEventLoop: loop
    default: nil
    }
  }
}
#endif
