// SPDX-License-Identifier: Apache-2.0

import CompletionTestSupport
import Glibc
import SystemPackage
import TestSupport
import Testing
import Uring

@testable import CompletionIO

/// Descriptors over Unix-domain connections, on the real kernel.
@Suite("Passed descriptors", .timeLimit(.minutes(3)))
struct PassingTests {
  /// Runs a body with a pair of connections on one loop.
  private func withUnixPair(
    _ body: (StreamConnection, StreamConnection) async throws -> Void
  ) async throws {
    try await withLoops { group in
      let (near, far) = try await StreamConnection.pair(on: group.loops[0])
      try await body(near, far)
      await near.close()
      await far.close()
    }
  }

  /// Receives a message and takes what came with it.
  private func receive(
    _ connection: StreamConnection, room: Int = 64, descriptorLimit: Int = 8,
    timeout: Duration? = nil
  ) async throws(SocketError) -> (bytes: [UInt8], descriptors: [FileDescriptor], isCut: Bool)? {
    var memory = [UInt8](repeating: 0, count: room)
    var count = 0
    var descriptors: [FileDescriptor] = []
    var isCut = false
    do {
      var span = memory.mutableSpan
      var bytes = unsafe span.mutableBytes
      guard
        var message = try await connection.receive(
          into: &bytes, descriptorLimit: descriptorLimit, timeout: timeout)
      else { return nil }
      (count, isCut) = (message.byteCount, message.isTruncated)
      descriptors = message.takeDescriptors()
    }
    return (Array(memory[..<count]), descriptors, isCut)
  }

  /// Receives a message before the end of the stream.
  private func received(
    _ connection: StreamConnection, descriptorLimit: Int = 8
  ) async throws -> (bytes: [UInt8], descriptors: [FileDescriptor], isCut: Bool) {
    let message = try await receive(connection, descriptorLimit: descriptorLimit)
    return try #require(message)
  }

  private func content(of descriptor: FileDescriptor, _ byteCount: Int) throws -> [UInt8] {
    var bytes = [UInt8](repeating: 0, count: byteCount)
    let count = unsafe try bytes.withUnsafeMutableBytes {
      unsafe try descriptor.read(fromAbsoluteOffset: 0, into: $0)
    }
    return Array(bytes[..<count])
  }

  @Test("A pair on one loop and on two; either end sends")
  func pair() async throws {
    try await withLoops(2) { group in
      for other in [nil, group.loops[1]] {
        let (near, far) = try await StreamConnection.pair(on: group.loops[0], and: other)
        #expect(near.loop === group.loops[0] && far.loop === (other ?? group.loops[0]))
        try await near.send([1, 2, 3])
        #expect(try await far.receive(atMost: 3) == [1, 2, 3])
        try await far.send([4])
        #expect(try await near.receive(atMost: 1) == [4])
        await near.close()
        #expect(try await far.receiveAll() == [])
        await far.close()
      }
    }
  }

  @Test("The receiver gets descriptors of its own for the same files, in order")
  func same() async throws {
    let files = try (0..<3).map { try TestFile(numbered(10, from: $0)) }
    try await withUnixPair { near, far in
      // One of them twice.
      let passed = (files + [files[0]]).map(\.descriptor)
      try await near.send([1, 2, 3], passing: passed)
      let message = try await received(far)
      #expect(message.bytes == [1, 2, 3] && !message.isCut)
      try #require(message.descriptors.count == 4)
      #expect(Set(message.descriptors.map(\.rawValue)).count == 4)
      #expect(Set(message.descriptors.map(\.rawValue)).isDisjoint(with: passed.map(\.rawValue)))
      for (descriptor, start) in zip(message.descriptors, [0, 1, 2, 0]) {
        #expect(try content(of: descriptor, 10) == numbered(10, from: start))
        #expect(fcntl(descriptor.rawValue, F_GETFD) == FD_CLOEXEC)
        try descriptor.close()
      }
      // The sender keeps its own.
      #expect(try content(of: files[2].descriptor, 10) == numbered(10, from: 2))
    }
  }

  @Test("Messages are received each by itself, beside plain bytes; a long one passes them once")
  func boundaries() async throws {
    let file = try TestFile([9])
    try await withUnixPair { near, far in
      near.enqueue(copying: [1])
      let sending = Task {
        try await near.send([2], passing: [file.descriptor])
        try await near.send([3, 4], passing: [file.descriptor, file.descriptor])
        try await near.send(numbered(1 << 20), passing: [file.descriptor])
        try await near.send([5])
      }
      var bytes: [UInt8] = []
      var counts: [Int: Int] = [:]
      while bytes.count < 5 + (1 << 20), let message = try await receive(far, room: 1 << 16) {
        if !message.descriptors.isEmpty { counts[bytes.count] = message.descriptors.count }
        for descriptor in message.descriptors { try descriptor.close() }
        bytes += message.bytes
      }
      try await sending.value
      #expect(firstDifference(bytes, [1, 2, 3, 4] + numbered(1 << 20) + [5]) == nil)
      #expect(counts[2] == 2 && counts[4] == 1)
      #expect(counts.values.reduce(0, +) == 4)
    }
  }

  @Test("What nobody takes is closed, and so is what there is no room for")
  func closed() async throws {
    let file = try TestFile([9])
    try await leavingNoDescriptors {
      try await withUnixPair { near, far in
        var memory: [UInt8] = [0, 0]
        try await near.send([1], passing: [file.descriptor, file.descriptor])
        try await near.send([2], passing: [file.descriptor, file.descriptor, file.descriptor])
        do {
          var span = memory.mutableSpan
          var bytes = unsafe span.mutableBytes
          if var message = try await far.receive(into: &bytes, descriptorLimit: 2) {
            let (count, isTruncated) = (message.descriptorCount, message.isTruncated)
            #expect(count == 2 && !isTruncated)
            try message.takeDescriptor()?.close()
            let countLeft = message.descriptorCount
            #expect(countLeft == 1)
          } else {
            Issue.record("the stream has ended")
          }
        }
        let cut = try await received(far, descriptorLimit: 1)
        #expect(cut.isCut && cut.descriptors.count == 1 && cut.bytes == [2])
        for descriptor in cut.descriptors { try descriptor.close() }
        // Passed and never received.
        try await near.send([3], passing: [file.descriptor])
        try await near.send([4], passing: [file.descriptor])
        let none = try await received(far, descriptorLimit: 0)
        #expect(none.isCut && none.descriptors.isEmpty)
      }
    }
  }

  @Test("As many as a message may pass, and more")
  func limit() async throws {
    let file = try TestFile([9])
    try await withUnixPair { near, far in
      let passed = [FileDescriptor](repeating: file.descriptor, count: 253)
      try await near.send([1], passing: passed)
      let message = try await received(far, descriptorLimit: 1000)
      #expect(message.descriptors.count == 253 && !message.isCut)
      for descriptor in message.descriptors { try descriptor.close() }
      let error = await failure { () async throws(SocketError) in
        try await near.send([1], passing: passed + [file.descriptor])
      }
      #expect(error?.errno == .invalidArgument && error?.cause == .descriptors)
    }
  }

  @Test("What cannot be passed fails alone")
  func unfit() async throws {
    let file = try TestFile([9])
    let isOpenNowhere = FileDescriptor(rawValue: .max)
    try await withUnixPair { near, far in
      let queued = Task { try await near.send(numbered(1 << 20)) }
      let failing = attempt { () async throws(SocketError) in
        try await near.send([1], passing: [file.descriptor, isOpenNowhere])
      }
      let received = try await far.receive(atMost: 1 << 20)
      #expect(firstDifference(received, numbered(1 << 20)) == nil)
      try await queued.value
      let error = await failing.value
      #expect(error?.errno == .badFileDescriptor && error?.cause == .descriptors)
      #expect(error?.byteCount == 0 && error?.description.contains("not open") == true)
      let empty = await failure { () async throws(SocketError) in
        try await near.send([], passing: [file.descriptor])
      }
      #expect(empty?.errno == .invalidArgument && empty?.cause == .descriptors)
      try await near.send([], passing: [])
      try await near.send([7], passing: [])
      #expect(try await far.receive(atMost: 1) == [7])
    }
  }

  @Test("TCP passes none")
  func overTCP() async throws {
    let file = try TestFile([9])
    try await withPair { near, far in
      let sending = await failure { () async throws(SocketError) in
        try await near.send([1], passing: [file.descriptor])
      }
      let receiving = await failure { () async throws(SocketError) in
        _ = try await receive(near)
      }
      for error in [sending, receiving] {
        #expect(error?.errno == .notSupportedOnSocket && error?.cause == .descriptors)
      }
      try await near.send([7])
      #expect(try await far.receive(atMost: 1) == [7])
    }
  }

  @Test("A receive that was armed ahead of demand is ended first; its bytes are not lost")
  func afterPlainReceives() async throws {
    let file = try TestFile([9])
    try await withUnixPair { near, far in
      try await near.send([1])
      #expect(try await far.receive(atMost: 1) == [1])
      // These come while the next receive is armed, if the kernel has such.
      try await near.send([2])
      let plain = try await received(far)
      #expect(plain.bytes == [2] && plain.descriptors.isEmpty)
      try await near.send([3], passing: [file.descriptor])
      let message = try await received(far)
      #expect(message.bytes == [3] && message.descriptors.count == 1)
      for descriptor in message.descriptors { try descriptor.close() }
      // A plain receive drops those that come with its bytes, and no others.
      try await near.send([4], passing: [file.descriptor])
      #expect(try await far.receive(atMost: 1) == [4])
      try await near.send([5], passing: [file.descriptor])
      let next = try await received(far)
      #expect(next.bytes == [5] && next.descriptors.count == 1)
      for descriptor in next.descriptors { try descriptor.close() }
    }
  }

  @Test(
    "A receive of messages ends early, at the end of the stream, and when another task receives")
  func ends() async throws {
    try await withUnixPair { near, far in
      let late = await failure { () async throws(SocketError) in
        _ = try await receive(far, timeout: .milliseconds(2))
      }
      #expect(late?.cause == .timeout)
      let waiting = attempt { () async throws(SocketError) in _ = try await receive(far) }
      await far.loop.until { far.stream.receiving.state == .reading }
      let busy = await failure { () async throws(SocketError) in _ = try await receive(far) }
      #expect(busy?.cause == .busy)
      waiting.cancel()
      #expect(await waiting.value?.cause == .cancellation)
      near.enqueue(copying: [1])
      await near.close()
      let last = try await receive(far)
      #expect(last?.bytes == [1])
      let end = try await receive(far)
      #expect(end == nil)
    }
  }
}
