// SPDX-License-Identifier: Apache-2.0

import Testing

@testable import uring_bench

@Suite("The kernel's memory for a connection")
struct KernelGrowthTests {
  private static func slabs(_ rows: [(String, Int, Int)]) -> String {
    let lines = rows.map { name, objects, bytes in
      "\(name) \(objects) \(objects + 9) \(bytes) 13 8 : tunables 0 0 0 : slabdata 9 9 0"
    }
    return "slabinfo - version: 2.1\n# name            <active_objs> <num_objs> <objsize>\n"
      + lines.joined(separator: "\n") + "\n"
  }

  private static func memory(_ rows: [(String, Int, Int)]) throws -> KernelMemory {
    .caches(try #require(SlabInfo(slabs(rows))))
  }

  @Test("slabinfo is read by cache")
  func parsing() throws {
    let info = try #require(SlabInfo(Self.slabs([("TCP", 13, 2432), ("kmalloc-cg-512", 7, 512)])))
    #expect(
      info.caches == [
        "TCP": .init(objects: 13, objectBytes: 2432),
        "kmalloc-cg-512": .init(objects: 7, objectBytes: 512),
      ])
    #expect(SlabInfo("slabinfo - version: 3.0\n") == nil)
    #expect(SlabInfo("") == nil)
  }

  @Test("a cache counts for the end that fills it", arguments: [true, false])
  func owners(serverUsesEpoll: Bool) throws {
    let before = try Self.memory([("TCP", 100, 2000), ("ext4_inode_cache", 50, 1000)])
    let after = try Self.memory([
      ("TCP", 2100, 2000), ("eventpoll_epi", serverUsesEpoll ? 3000 : 2000, 128),
      ("tcp_bind2_bucket", 1000, 128),
      ("io_kiocb", 1000, 256), ("ext4_inode_cache", 250, 1000), ("vm_area_struct", 900, 192),
    ])
    let growth = try #require(
      KernelGrowth(
        from: before, to: after, connections: 1000, serverUsesEpoll: serverUsesEpoll))
    #expect(growth.caches.map(\.name) == ["TCP", "eventpoll_epi", "io_kiocb", "tcp_bind2_bucket"])
    // The load's bound ports are in the cache of epoll too, and what the server has there is one.
    #expect(growth.bothEnds == 4000 + (serverUsesEpoll ? 384 : 256) + 128 + 256)
    #expect(growth.serverEnd == (serverUsesEpoll ? 2384 : 2256))
  }

  @Test("less than an object for a connection is of both ends")
  func bookkeeping() throws {
    let after = try Self.memory([("kmalloc-192", 500, 200), ("kmalloc-512", 1000, 512)])
    let growth = try #require(
      KernelGrowth(
        from: try Self.memory([]), to: after, connections: 1000, serverUsesEpoll: false))
    #expect(growth.bothEnds == 612)
    #expect(growth.serverEnd == 562)
  }

  @Test("other programs' sockets spoil the figure", arguments: [1700, 2300])
  func disturbed(sockets: Int) throws {
    let before = try Self.memory([("TCP", 100, 2000)])
    let after = try Self.memory([("TCP", 100 + sockets, 2000), ("io_kiocb", 1000, 256)])
    #expect(
      KernelGrowth(from: before, to: after, connections: 1000, serverUsesEpoll: false) == nil)
  }

  @Test("without caches only both ends are known")
  func total() {
    let growth = KernelGrowth(
      from: .total(1000), to: .total(9000), connections: 4, serverUsesEpoll: false)
    #expect(growth?.bothEnds == 2000)
    #expect(growth != nil && growth?.serverEnd == nil)
  }

  @Test("two readings of different kinds are not compared")
  func kinds() throws {
    let caches = try Self.memory([("TCP", 1, 1)])
    #expect(
      KernelGrowth(from: caches, to: .total(9), connections: 4, serverUsesEpoll: false) == nil)
    #expect(KernelGrowth(from: nil, to: caches, connections: 4, serverUsesEpoll: false) == nil)
    #expect(
      KernelGrowth(from: caches, to: caches, connections: 0, serverUsesEpoll: false) == nil)
  }

  @Test("sizes of /proc/meminfo are bytes")
  func meminfo() {
    let text = "MemTotal:       24683788 kB\nMemAvailable:   23807992 kB\nSlab:  12 kB\n"
    #expect(ProcFile.bytes(of: "MemAvailable", in: text) == 23_807_992 * 1024)
    #expect(ProcFile.bytes(of: "Slab", in: text) == 12 * 1024)
    #expect(ProcFile.bytes(of: "Mem", in: text) == nil)
  }
}
