// SPDX-License-Identifier: Apache-2.0

import CompletionTestSupport
import Glibc
import Synchronization
import TestSupport
import Testing
import Uring

@testable import CompletionIO

/// Streams whose buffers the kernel fills in pieces; where it cannot, they are filled otherwise, with
/// the same results.
@Suite("Streams and buffers filled in pieces", .timeLimit(.minutes(3)))
struct IncrementalStreamTests {
  /// Eight buffers of 777 bytes.
  private func withSmallBuffers(
    _ body: (CompletionLoopGroup) async throws -> Void
  ) async throws {
    let change = { (configuration: inout LoopConfiguration) in
      configuration.bufferCount = 8
      configuration.bufferSize = 777
      configuration.incrementalBufferSize = 777
    }
    try await withLoops(1, change, body)
  }

  @Test(
    "Bytes of many connections pass through few small buffers", arguments: EchoTests.Face.allCases)
  func boundaries(face: EchoTests.Face) async throws {
    let clients = try CompletionLoopGroup(count: 1)
    try await withSmallBuffers { group in
      let listener = try await StreamListener.bind(to: "127.0.0.1:0", on: group)
      let serving = Task { try await EchoTests().serve(listener, face) }
      try await visit(listener.localAddress, times: 60, on: clients) { connection, index in
        for count in [1, 7, 776, 777, 778, 5000] {
          try await connection.exchange(count + index, from: index, times: 4, pipeline: 2)
        }
      }
      listener.abort()
      try await serving.value
    }
    await clients.close()
  }

  @Test("Leases that are kept keep their bytes, and starve nobody", arguments: [1, 100, 777])
  func keptLeases(byteCount: Int) async throws {
    let kept = Mutex<(boxes: [LeaseBox], byteCount: Int)>(([], 0))
    try await withSmallBuffers { group in
      let loop = group.loops[0]
      let keeping = try await ConnectionPair(on: group)
      keeping.near.stream.start(
        StreamHandler(
          received: { _, lease in
            let byteCount = lease.byteCount
            let box = LeaseBox(lease)
            kept.withLock {
              $0.boxes.append(box)
              $0.byteCount += byteCount
            }
          }, ended: { _, _ in }))
      for round in 0..<40 {
        try await keeping.far.send(numbered(byteCount, from: round * byteCount))
        try await withEcho(on: group) { address in
          let client = try await StreamConnection.connect(to: address, on: loop)
          try await client.exchange(900, from: round)
          await client.close()
        }
      }
      await loop.until { kept.withLock { $0.byteCount } >= 40 * byteCount }
      // A buffer counts once, however many pieces of it are leased.
      #expect(await loop.snapshot().load.leasedBuffers <= 8)
      var bytes: [UInt8] = []
      for box in kept.withLock({ $0.boxes }) {
        if let lease = box.take() { unsafe lease.bytes.withUnsafeBytes { unsafe bytes += $0 } }
      }
      #expect(firstDifference(bytes, numbered(40 * byteCount)[...]) == nil)
      await keeping.close()
      #expect(await loop.ask { loop.leaseCount } == 0)
    }
  }

  @Test("The default has a pool of streams where the kernel can fill it")
  func defaultShape() async throws {
    let group = try CompletionLoopGroup(count: 1)
    let loop = group.loops[0]
    let isDivided = loop.streamPool !== loop.pool
    #expect(isDivided == kernelFeatures.contains(.incrementalBuffers))
    let load = await loop.snapshot().load
    #expect(load.buffers == (isDivided ? 128 + 16 : 128))
    await group.close()
  }

  @Test("Memory for fewer than eight is not divided", arguments: [nil, 1 << 17, (1 << 17) - 1])
  func tooLittle(size: Int?) throws {
    var configuration = LoopConfiguration()
    (configuration.bufferCount, configuration.bufferSize) = (8, (1 << 17) - 1)
    configuration.incrementalBufferSize = size
    let shape = IncrementalShape(configuration, KernelFeatures(KernelFeature.allCases))
    #expect(shape?.count == (size == (1 << 17) - 1 ? 8 : nil))
    #expect(IncrementalShape(configuration, KernelFeatures()) == nil)
  }
}
