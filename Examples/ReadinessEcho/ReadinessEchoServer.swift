// SPDX-License-Identifier: Apache-2.0

public import ReadinessIO
public import SystemPackage

/// A TCP echo server in the readiness model, on any ``Poller``.
///
/// It is level-triggered, reads once per event, writes straight back, and keeps bytes only while
/// their peer is slow: then it waits for writability and reads no more from that peer. It belongs
/// to one thread; several servers share a port if their listeners do.
public struct ReadinessEchoServer<P: Poller & ~Copyable>: ~Copyable {
  /// Stops the server and reads its counters, from any thread.
  public let control: ReadinessEchoControl

  private var poller: P
  private let listener: NonblockingSocket
  private let configuration: ReadinessEchoConfiguration
  private var connections: EchoConnections
  private var acceptCallCount: UInt64 = 0
  /// Accepting waits for a descriptor to be freed, or for time.
  private var isAcceptPaused = false

  /// Makes a server; ``run()`` then serves.
  ///
  /// - Parameters:
  ///   - listener: A listening socket; the server's from now on.
  ///   - poller: A poller of the calling thread, on which ``run()`` must be called; the server's
  ///     from now on.
  ///   - configuration: Sizes.
  /// - Throws: What registering the listener throws: ENOMEM, ENOSPC, EBADF.
  public init(
    listener: consuming NonblockingSocket, poller: consuming P,
    configuration: ReadinessEchoConfiguration = ReadinessEchoConfiguration()
  ) throws(Errno) {
    try poller.register(
      listener.descriptor, token: Self.token(of: listener.descriptor), interest: .readable,
      mode: .level)
    control = ReadinessEchoControl(waker: poller.waker)
    connections = EchoConnections(bufferByteCount: configuration.bufferByteCount)
    self.poller = poller
    self.listener = listener
    self.configuration = configuration
  }

  /// Serves until ``ReadinessEchoControl/stop()``; then closes every connection.
  ///
  /// - Throws: What the poller's wait throws, EINTR excepted: ENOMEM.
  public mutating func run() throws(Errno) {
    defer { closeAll() }
    var events: [ReadinessEvent] = []
    while !control.mustStop {
      do throws(Errno) {
        let pause = isAcceptPaused ? configuration.acceptPause : nil
        _ = try poller.wait(into: &events, timeout: pause)
      } catch .interrupted {
        continue
      }
      let countBefore = connections.count
      for event in events { handle(event) }
      if isAcceptPaused, events.isEmpty || connections.count < countBefore { resumeAccepting() }
      publishCounters()
    }
  }

  private static func token(of descriptor: FileDescriptor) -> UInt64 {
    UInt64(UInt32(bitPattern: descriptor.rawValue))
  }

  private mutating func handle(_ event: ReadinessEvent) {
    let descriptor = FileDescriptor(rawValue: Int32(truncatingIfNeeded: event.token))
    if descriptor == listener.descriptor { return acceptBatch() }
    switch connections.advance(descriptor) {
    case .same: break
    case .readable: wait(for: [.readable, .peerClosed], on: descriptor)
    case .writable: wait(for: .writable, on: descriptor)
    case .end: end(descriptor)
    }
  }

  private mutating func wait(for interest: Interest, on descriptor: FileDescriptor) {
    do throws(Errno) {
      try poller.modify(
        descriptor, token: Self.token(of: descriptor), interest: interest, mode: .level)
    } catch {
      end(descriptor)  // ENOMEM: a connection that nobody watches would hang.
    }
  }

  private mutating func end(_ descriptor: FileDescriptor) {
    try? poller.deregister(descriptor)
    connections.remove(descriptor)
  }
}

extension ReadinessEchoServer where P: ~Copyable {
  private mutating func acceptBatch() {
    for _ in 0..<configuration.acceptBatchLimit {
      do throws(NonblockingSocketError) {
        acceptCallCount += 1
        add(try listener.accept().release())
      } catch .failed(_, .connectionAbort) {
        continue  // That peer has gone; the next one need not have.
      } catch .failed {
        return pauseAccepting()
      } catch {
        return
      }
    }
  }

  private mutating func add(_ descriptor: FileDescriptor) {
    do throws(Errno) {
      try poller.register(
        descriptor, token: Self.token(of: descriptor), interest: [.readable, .peerClosed],
        mode: .level)
      connections.add(descriptor)
    } catch {
      try? descriptor.close()
    }
  }

  /// EMFILE, ENFILE, ENOBUFS and ENOMEM last while the queue stays full: a level-triggered listener
  /// would be reported over and over, so it is not watched for a while.
  private mutating func pauseAccepting() {
    isAcceptPaused = true
    try? poller.deregister(listener.descriptor)
  }

  private mutating func resumeAccepting() {
    do throws(Errno) {
      try poller.register(
        listener.descriptor, token: Self.token(of: listener.descriptor), interest: .readable,
        mode: .level)
      isAcceptPaused = false
    } catch {
      // Still no memory: the pause goes on.
    }
  }

  private mutating func closeAll() {
    if !isAcceptPaused { try? poller.deregister(listener.descriptor) }
    for descriptor in connections.descriptors { end(descriptor) }
    publishCounters()
  }

  private func publishCounters() {
    var counters = connections.counters
    counters.kernelCallCount += acceptCallCount + poller.kernelCallCount
    control.publish(counters)
  }
}
