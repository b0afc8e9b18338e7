// SPDX-License-Identifier: Apache-2.0

import CompletionTestSupport
import Glibc
import TestSupport
import Testing
import Uring

@testable import CompletionIO

/// Two hundred relays at once, each test in a process of its own: memory and the limit of
/// descriptors belong to the process.
@Suite("Relay under load", .serialized, .timeLimit(.minutes(3)))
struct RelayLoadTests {
  private static let count = 200

  @Test("200 transfers of 5 MB each way at once")
  func transfers() async {
    await #expect(processExitsWith: .success) {
      allowManyDescriptors()
      let byteCount = 5_000_000
      try await withLoops(2, LoopConfiguration.inPieces) { group in
        // Each pair has a content of its own, of memory that all share.
        let content = numbered(byteCount + 2 * Self.count)
        // With buffers as large as the kernel makes them, 800 sockets take all memory that TCP may
        // have (tcp_mem, tcp(7)), and other tests wait for it.
        var options = SocketOptions()
        options.sendBufferByteCount = 1 << 15
        options.receiveBufferByteCount = 1 << 15
        try await withThrowingTaskGroup(of: Void.self) { transfers in
          for index in 0..<Self.count {
            transfers.addTask { [options] in
              let chain = try await RelayTests.Chain(on: group, options: options)
              let there = content[index..<index + byteCount]
              let back = content[index + Self.count..<index + Self.count + byteCount]
              async let sending: Void = chain.client.sendAll(there)
              async let answering: Void = chain.server.sendAll(back)
              async let arriving: Void = chain.server.receive(exactly: there)
              try await chain.client.receive(exactly: back)
              _ = try await (arriving, sending, answering)
              let counts = try await chain.relaying.value.get()
              let whole = UInt64(byteCount)
              require(counts == RelayCounts(firstToSecond: whole, secondToFirst: whole))
              await chain.close()
            }
          }
          try await transfers.waitForAll()
        }
      }
    }
  }

  @Test("200 peers that do not read keep bounded memory")
  func peersThatDoNotRead() async {
    await #expect(processExitsWith: .success) {
      allowManyDescriptors()
      let limit = 1 << 16
      try await withLoops(1, { $0.boundBytes(limit) }) { group in
        let loop = group.loops[0]
        let message = numbered(8 << 20)
        var chains: [RelayTests.Chain] = []
        for _ in 0..<Self.count {
          chains.append(try await RelayTests.Chain(on: group, options: .tight))
        }
        let before = residentByteCount()
        let sending = chains.map { chain in
          Task(executorPreference: loop) { try await chain.client.send(message) }
        }
        for chain in chains {
          await loop.until { chain.client.stream.sending.state == .sending(.waiting) }
          await loop.until { chain.second.stream.sending.state == .sending(.waiting) }
        }
        // Of 1.6 GB that 200 clients want to send, a relay keeps two queues of each.
        let bound = 2 * (limit + loop.configuration.bufferSize)
        let held = await loop.ask { [chains] in chains.map(\.heldByteCount) }
        require(held.allSatisfy { $0 > 0 && $0 <= bound }, "\(held)")
        let buffers = await loop.ask { loop.leaseCount }
        require(buffers <= loop.configuration.bufferCount, "\(buffers) buffers")
        let growth = residentByteCount() - before
        require(growth <= Self.count * bound + (32 << 20), "grown by \(growth) bytes")
        for chain in chains { chain.client.abort() }
        for (chain, sending) in zip(chains, sending) {
          _ = await sending.result
          await chain.close()
        }
      }
    }
  }
}

/// Raises the process's limit of descriptors as far as it may.
private func allowManyDescriptors() {
  var limit = rlimit()
  require(unsafe getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0)
  limit.rlim_cur = min(limit.rlim_max, 8192)
  require(unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0)
}

/// Bytes of the process's memory that are in use (proc_pid_statm(5)).
private func residentByteCount() -> Int {
  guard let file = unsafe fopen("/proc/self/statm", "r") else { return 0 }
  defer { unsafe fclose(file) }
  var text = [CChar](repeating: 0, count: 128)
  guard unsafe fgets(&text, Int32(text.count), file) != nil else { return 0 }
  let fields = text.prefix { $0 != 0 }.split(separator: CChar(UInt8(ascii: " ")))
  let pages = fields[1].reduce(0) { $0 * 10 + Int($1) - 48 }
  return pages * sysconf(Int32(_SC_PAGESIZE))
}

extension StreamConnection {
  /// Sends all bytes and ends the half.
  fileprivate func sendAll(_ bytes: ArraySlice<UInt8>) async throws {
    try await unsafe send(bytes.span.bytes)
    try await finishSending()
  }

  /// Receives these bytes and then the end; ends the process if others come.
  fileprivate func receive(exactly expected: ArraySlice<UInt8>) async throws {
    var rest = expected
    while let chunk = try await receive() {
      require(chunk.byteCount <= rest.count, "too many bytes")
      let order = unsafe rest.withUnsafeBytes { expected in
        unsafe chunk.bytes.withUnsafeBytes { bytes -> Int32? in
          guard let left = bytes.baseAddress, let right = expected.baseAddress else { return nil }
          return unsafe memcmp(left, right, bytes.count)
        }
      }
      require(order == 0, "wrong bytes")
      rest = rest.dropFirst(chunk.byteCount)
    }
    require(rest.isEmpty, "\(rest.count) bytes are missing")
  }
}
