// SPDX-License-Identifier: Apache-2.0

import Glibc
import Synchronization

/// A thread per connection, each in blocking recv(2) and send(2): the model the others replace.
struct BlockingThreadsEngine: EchoEngine {
  let port: UInt16
  private let acceptor: BlockingAcceptor

  init(_ configuration: EngineConfiguration) throws {
    let listener = try TCP.listen(at: configuration.endpoint, backlog: configuration.backlog)
    if let bytes = configuration.socketBufferSize {
      TCP.setBuffers(of: listener.descriptor, to: bytes)
    }
    port = listener.port
    acceptor = BlockingAcceptor(
      listener: listener.descriptor, bufferSize: configuration.bufferSize ?? 65536)
    for _ in 0..<configuration.loops {
      try SmallThread.start { [acceptor] in acceptor.run() }
    }
  }

  func counters() -> EngineCounters { acceptor.counters.snapshot(countingCalls: true) }

  /// Ends the accepting; the connections' threads end with their peers, or with the process.
  func stop() { acceptor.stop() }
}

/// Accepts connections and gives each a thread.
private final class BlockingAcceptor: Sendable {
  let counters = SharedCounters()
  private let listener: Int32
  private let bufferSize: Int
  private let stopping = Atomic<Bool>(false)

  init(listener: Int32, bufferSize: Int) {
    self.listener = listener
    self.bufferSize = bufferSize
  }

  func run() {
    while !stopping.load(ordering: .relaxed) {
      let descriptor = accept(listener, nil, nil)
      counters.call()
      guard descriptor >= 0 else {
        // EMFILE, ENFILE and ENOMEM last until a connection ends; accept(2) has no way to wait for
        // that, so a blocking server can only pause.
        if errno == EMFILE || errno == ENFILE || errno == ENOMEM { usleep(10_000) }
        continue
      }
      counters.accept()
      TCP.setNoDelay(descriptor)
      counters.call()
      do {
        try SmallThread.start { [self] in echo(descriptor) }
      } catch {
        close(descriptor)
      }
    }
  }

  /// shutdown(2) makes a blocked accept(2) return on Linux; close(2) would not.
  func stop() {
    stopping.store(true, ordering: .relaxed)
    shutdown(listener, Int32(SHUT_RDWR))
  }

  private func echo(_ descriptor: Int32) {
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: bufferSize, alignment: 16)
    defer {
      unsafe buffer.deallocate()
      close(descriptor)
    }
    while true {
      let received = unsafe recv(descriptor, buffer.baseAddress, buffer.count, 0)
      counters.call()
      guard received > 0 else {
        if received < 0 && errno == EINTR { continue }
        return
      }
      counters.receive(received)
      var rest = unsafe UnsafeRawBufferPointer(rebasing: buffer[..<received])
      while unsafe !rest.isEmpty {
        let sent = unsafe send(descriptor, rest.baseAddress, rest.count, Int32(MSG_NOSIGNAL))
        counters.call()
        if sent < 0 && errno == EINTR { continue }
        guard sent > 0 else { return }
        unsafe rest = unsafe UnsafeRawBufferPointer(rebasing: rest[sent...])
      }
    }
  }
}
