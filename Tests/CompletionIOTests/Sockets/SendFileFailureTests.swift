// SPDX-License-Identifier: Apache-2.0

import CompletionTestSupport
import Glibc
import SystemPackage
import TestSupport
import Testing

@testable import CompletionIO

/// Files that cannot be sent, and peers that go away.
@Suite("Sends of files that fail", .timeLimit(.minutes(3)))
struct SendFileFailureTests {
  typealias Way = SendFileTests.Way

  @Test(
    "A file that is shorter than promised says how much of it went out",
    arguments: Way.allCases, [0, 5000, 200_000, 1 << 20])
  func short(way: Way, byteCount: Int) async throws {
    let file = try TestFile(numbered(byteCount))
    try await withPair(policy: way.policy) { near, far in
      let sending = attempt { () async throws(SocketError) in
        try await near.sendFile(file.descriptor, byteCount: byteCount + 70_000)
      }
      // The connection is as good as before.
      let received = try await far.receive(atMost: byteCount)
      #expect(firstDifference(received, numbered(byteCount)) == nil)
      let error = await sending.value
      #expect(error?.cause == .file && error?.errno == .noData)
      #expect(error?.byteCount == byteCount)
      #expect(error?.description.contains("shorter") == true)
      try await near.send([7])
      #expect(try await far.receive(atMost: 1) == [7])
    }
  }

  @Test("What is no file with such bytes", arguments: Way.allCases, [1000, 1 << 20])
  func unfit(way: Way, byteCount: Int) async throws {
    let file = try TestFile([1])
    let pipe = try FileDescriptor.pipe()
    let folder = unsafe try FileDescriptor.open("/", .readOnly)
    let unreadable = FileDescriptor(rawValue: .max)
    defer { for end in [pipe.readEnd, pipe.writeEnd, folder] { try? end.close() } }
    try await withPair(policy: way.policy) { near, far in
      let cases: [(FileDescriptor, Int, [Errno])] = [
        (unreadable, 0, [.badFileDescriptor]),
        (pipe.writeEnd, 0, [.badFileDescriptor, .illegalSeek]),
        (pipe.readEnd, 0, [.illegalSeek]), (folder, 0, [.isDirectory]),
        (file.descriptor, -1, [.invalidArgument]), (file.descriptor, 1 << 40, [.noData]),
      ]
      for (descriptor, offset, errnos) in cases {
        let error = await failure { () async throws(SocketError) in
          try await near.sendFile(descriptor, offset: offset, byteCount: byteCount)
        }
        #expect(error?.cause == .file && error?.byteCount == 0)
        #expect(error.map { errnos.contains($0.errno) } == true, "\(String(describing: error))")
      }
      let negative = await failure { () async throws(SocketError) in
        try await near.sendFile(file.descriptor, byteCount: -1)
      }
      #expect(negative?.errno == .invalidArgument && negative?.cause == .file)
      try await near.send([7])
      #expect(try await far.receive(atMost: 1) == [7])
    }
  }

  @Test(
    "A peer that goes away, and a connection that is closed here",
    arguments: Way.allCases, [false, true])
  func broken(way: Way, isClosedHere: Bool) async throws {
    let file = try TestFile(numbered(4 << 20))
    try await leavingNoDescriptors {
      try await withPair(options: .snug, policy: way.policy) { near, far in
        let sending = attempt { () async throws(SocketError) in
          try await near.sendFile(file.descriptor, byteCount: 4 << 20)
        }
        let received = try await far.receive(atMost: 100_000).count
        if isClosedHere { near.abort() } else { far.reset() }
        let error = await sending.value
        #expect(error?.cause == (isClosedHere ? .closed : .kernel), "\(String(describing: error))")
        #expect((error?.byteCount ?? 0) >= received)
      }
    }
  }

  @Test("A deadline while the peer takes nothing leaves the connection as it was")
  func standstill() async throws {
    let message = numbered(2 << 20)
    let file = try TestFile(message)
    try await withPair(options: .snug) { near, far in
      var sentCount = 0
      // The first fills the kernel's buffers, and the others wait for nothing.
      for _ in 0..<4 {
        let error = await failure { () async throws(SocketError) in
          try await near.sendFile(
            file.descriptor, offset: sentCount, byteCount: message.count - sentCount,
            timeout: .milliseconds(20))
        }
        #expect(error?.cause == .timeout, "\(String(describing: error))")
        sentCount += error?.byteCount ?? 0
      }
      async let sending: Void = near.sendFile(
        file.descriptor, offset: sentCount, byteCount: message.count - sentCount)
      let received = try await far.receive(atMost: message.count)
      #expect(firstDifference(received, message) == nil)
      try await sending
    }
  }

  @Test("A close lets a queued file go out first", arguments: Way.allCases)
  func drained(way: Way) async throws {
    let file = try TestFile(numbered(1 << 20))
    try await withPair(options: .snug, policy: way.policy) { near, far in
      let sending = Task { try await near.sendFile(file.descriptor, byteCount: 1 << 20) }
      await near.loop.until { near.stream.sending.isWithKernel }
      let closing = Task { await near.close() }
      #expect(firstDifference(try await far.receiveAll(), numbered(1 << 20)) == nil)
      try await sending.value
      await closing.value
    }
  }

  @Test("More files than pipes, to peers that do not read at first")
  func manyFiles() async throws {
    let byteCount = 1 << 20
    let file = try TestFile(numbered(byteCount))
    try await leavingNoDescriptors(times: 1) {
      try await withLoops { group in
        let loop = group.loops[0]
        var pairs: [ConnectionPair] = []
        for _ in 0..<(PipePool.limit + 4) {
          pairs.append(try await ConnectionPair(on: group, options: .snug))
        }
        let sending = pairs.map { pair in
          Task { try await pair.near.sendFile(file.descriptor, byteCount: byteCount) }
        }
        for pair in pairs { await loop.until { pair.near.stream.sending.isWithKernel } }
        let pipeCount = kernelFeatures.contains(.splice) ? PipePool.limit : 0
        #expect(await loop.ask { loop.streams.pipes.count } == pipeCount)
        for pair in pairs {
          let received = try await pair.far.receive(atMost: byteCount)
          #expect(firstDifference(received, numbered(byteCount)) == nil)
        }
        for task in sending { try await task.value }
        for pair in pairs { await pair.close() }
      }
    }
  }
}
