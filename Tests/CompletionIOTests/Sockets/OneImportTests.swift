// SPDX-License-Identifier: Apache-2.0

// With no other import of this package's: that it compiles is the test.
import CompletionIO
import Synchronization
import Testing

/// What a program can name and use that imports `CompletionIO` alone, with member import visibility.
@Suite("One import", .timeLimit(.minutes(3)))
struct OneImportTests {
  /// A handler's program that looks at what has come, and forwards it or drops it.
  private static func forwardsLines(_ stream: SocketStream, _ lease: consuming BufferLease) {
    guard lease.first != UInt8(ascii: "#"), lease.firstIndex(of: 10) != nil else { return }
    let isLoud = lease.withBytes { bytes in bytes.byte(at: 0) == UInt8(ascii: "!") }
    if isLoud { stream.enqueue(lease.copy()) }
    stream.enqueue(lease)
  }

  @Test("A lease is looked at, and then forwarded or dropped, in a handler")
  func handler() async throws {
    let group = try CompletionLoopGroup(count: 1)
    let listener = try await StreamListener.bind(to: "127.0.0.1:0", on: group)
    let seen = Mutex<[String]>([])
    try listener.handle(
      StreamHandler(
        received: { stream, lease in
          if let text = String(validating: lease) { seen.withLock { $0.append(text) } }
          if lease.starts(with: "quit".utf8) { return stream.close() }
          Self.forwardsLines(stream, lease)
        },
        ended: { stream, _ in stream.close() }))
    let address: SocketAddress = listener.localAddress
    #expect(address.port != nil)
    let client = try await StreamConnection.connect(to: address, on: group.loops[0])
    var reader = ByteReader(client)
    for (line, answer) in [("one\n", ["one"]), ("!two\n", ["!two", "!two"])] {
      try await client.send(Array(line.utf8))
      for expected in answer {
        let isThere = try await reader.readLine(limit: 100, timeout: .seconds(20))
        #expect(isThere && String(validating: reader.element) == expected)
      }
    }
    try await client.send(Array("quit".utf8))
    let goesOn = try await reader.read()
    #expect(!goesOn)
    #expect(seen.withLock { $0.joined() } == "one\n!two\nquit")
    await client.close()
    await listener.close()
    await group.close()
  }

  @Test("A lease is looked at, and then forwarded, copied or dropped, in a task")
  func task() async throws {
    let group = try CompletionLoopGroup(count: 1)
    let listener = try await StreamListener.bind(to: "127.0.0.1:0", on: group)
    let serving = Task {
      try await listener.serve { connection in
        var kept: BufferLease?
        var bytes: [UInt8] = []
        while let lease = try await connection.receive() {
          bytes.append(contentsOf: lease)
          if lease[0] == UInt8(ascii: "#") { continue }
          if lease.first == UInt8(ascii: "k") {
            kept = lease.copy()
          } else if let kept = kept.take() {
            try await connection.send(gathering: [[UInt8](kept), [UInt8](lease)])
          } else {
            try await connection.enqueue(lease)
          }
        }
      }
    }
    let client = try await StreamConnection.connect(to: listener.localAddress, on: group.loops[0])
    var reader = ByteReader(client)
    for (message, answer) in [("one", "one"), ("keep", ""), ("two", "keeptwo")] {
      try await client.send(Array(message.utf8))
      if answer.isEmpty { continue }
      let isThere = try await reader.read(exactly: answer.utf8.count)
      #expect(isThere)
    }
    await client.close()
    await listener.close()
    try await serving.value
    await group.close()
  }

  @Test("An error and its parts")
  func error() async throws {
    let group = try CompletionLoopGroup(count: 1)
    do throws(SocketError) {
      _ = try await StreamListener.bind(to: "nowhere", on: group)
      Issue.record("that is no address")
    } catch {
      let (reason, errno): (SocketAddressError?, Errno) = (error.addressError, error.errno)
      #expect(reason != nil && errno == .invalidArgument)
    }
    await group.close()
  }
}
