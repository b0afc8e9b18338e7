// SPDX-License-Identifier: Apache-2.0

import CompletionIO
import Foundation
import NIOConcurrencyHelpers
import NIOCore
import NIOUring
import SimulatedKernel
import Testing

@Suite struct DatagramTests {
  @Test(arguments: kernels) func echoes(on kernel: KernelChoice) async throws {
    try await withGroup(kernel) { group in try await echoDatagrams(200, by: group) }
  }

  @Test(arguments: 1...20 as ClosedRange<UInt64>)
  func echoesWithoutAKernel(seed: UInt64) throws {
    let simulation = Simulation(seed: seed, faults: .sendWouldBlockStorm())
    try simulation.run { loops in try await echoDatagrams(50, by: UringEventLoopGroup(loops)) }
  }

  @Test(arguments: kernels) func datagramsWithoutBytes(on kernel: KernelChoice) async throws {
    try await withGroup(kernel) { group in
      let (inbox, receiver) = try await group.receiver()
      let sender = try await group.sender(to: receiver)
      for text in ["a", "", "", "b"] {
        try await sender.writeAndFlush(ByteBuffer(string: text))
      }
      #expect(try await inbox.take(4).map { String(buffer: $0.data) } == ["a", "", "", "b"])
    }
  }

  @Test(arguments: kernels)
  func aDatagramLargerThanTheBufferIsCut(on kernel: KernelChoice) async throws {
    try await withGroup(kernel) { group in
      let (inbox, receiver) = try await group.receiver {
        $0.channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 100))
      }
      let sender = try await group.sender(to: receiver)
      try await sender.writeAndFlush(ByteBuffer(repeating: 1, count: 300))
      #expect(try await inbox.take(1)[0].data.readableBytes == 100)
      // From now on there is room for all of UDP.
      let whole = FixedSizeRecvByteBufferAllocator(capacity: 65536)
      try await receiver.setOption(.recvAllocator, value: whole).get()
      try await sender.writeAndFlush(ByteBuffer(repeating: 2, count: 60_000))
      #expect(try await inbox.take(2)[1].data == ByteBuffer(repeating: 2, count: 60_000))
    }
  }

  @Test(arguments: kernels)
  func nothingIsDeliveredThatNobodyReads(on kernel: KernelChoice) async throws {
    try await withGroup(kernel) { group in
      let (inbox, receiver) = try await group.receiver { $0.channelOption(.autoRead, value: false) }
      let sender = try await group.sender(to: receiver)
      for byte in 0..<20 { try await sender.writeAndFlush(ByteBuffer(bytes: [UInt8(byte)])) }
      #expect(inbox.count == 0)
      receiver.read()
      let first = try await inbox.take(1).count
      #expect((1...4).contains(first))
      try await receiver.setOption(.autoRead, value: true).get()
      #expect(
        try await inbox.take(20).map { Array(buffer: $0.data) } == (0..<20).map { [UInt8($0)] })
    }
  }

  @Test func whatTheKernelTells() async throws {
    for host in ["127.0.0.1", "::1"] {
      try await withGroup { group in
        let (inbox, receiver) = try await group.receiver(host) {
          $0.channelOption(.explicitCongestionNotification, value: true)
            .channelOption(.receivePacketInfo, value: true)
        }
        let sender = try await UringDatagramBootstrap(group: group).bind(host: host, port: 0).get()
        let to = try #require(receiver.localAddress)
        let sent = AddressedEnvelope(
          remoteAddress: to, data: ByteBuffer(string: "marked"),
          metadata: .init(ecnState: .congestionExperienced))
        try await sender.writeAndFlush(sent)
        let metadata = try #require(try await inbox.take(1)[0].metadata)
        #expect(metadata.ecnState == .congestionExperienced)
        #expect(metadata.packetInfo?.destinationAddress.ipAddress == host)
        #expect(metadata.packetInfo?.interfaceIndex == 1)  // lo.
        #expect(try await receiver.getOption(.receivePacketInfo).get())
      }
    }
  }

  @Test func manyDatagramsInOneSend() async throws {
    try await withGroup { group in
      let (inbox, receiver) = try await group.receiver {
        $0.channelOption(.datagramReceiveOffload, value: true)
          .channelOption(.datagramReceiveSegmentSize, value: true)
          .channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 65536))
      }
      let sender = try await UringDatagramBootstrap(group: group)
        .bind(host: "127.0.0.1", port: 0).get()
      let sent = AddressedEnvelope(
        remoteAddress: try #require(receiver.localAddress),
        data: ByteBuffer(repeating: 7, count: 10_000),
        metadata: .init(ecnState: .transportNotCapable, packetInfo: nil, segmentSize: 1000))
      try await sender.writeAndFlush(sent)
      let received = try await inbox.take(1)[0]
      #expect(received.data == sent.data)
      #expect(received.metadata?.segmentSize == 1000)
    }
  }

  @Test func unixDomain() async throws {
    let folder = FileManager.default.temporaryDirectory.path
    let path = "\(folder)/nio-uring-datagrams-\(UInt32.random(in: 0 ... .max))"
    try await withGroup { group in
      let inbox = Inbox()
      let receiver = try await UringDatagramBootstrap(group: group)
        .channelInitializer { $0.pipeline.addHandler(inbox) }
        .bind(unixDomainSocketPath: path).get()
      let sender = try await UringDatagramBootstrap(group: group)
        .connect(unixDomainSocketPath: path).get()
      for byte in 0..<100 {
        try await sender.writeAndFlush(ByteBuffer(repeating: UInt8(byte), count: 1000))
      }
      let sizes = try await inbox.take(100).map(\.data.readableBytes)
      #expect(sizes == Array(repeating: 1000, count: 100))
      try await receiver.close()
      let again = try await UringDatagramBootstrap(group: group)
        .bind(unixDomainSocketPath: path, cleanupExistingSocketFile: true).get()
      try await again.close()
      try FileManager.default.removeItem(atPath: path)
    }
  }

  @Test func adoptsASocket() async throws {
    try await withGroup { group in
      let socket = socket(AF_INET, Int32(SOCK_DGRAM.rawValue), 0)
      let address = try NIOCore.SocketAddress(ipAddress: "127.0.0.1", port: 0)
      address.withSockAddr { _ = bind(socket, $0, socklen_t($1)) }
      let inbox = Inbox()
      let receiver = try await UringDatagramBootstrap(group: group)
        .channelInitializer { $0.pipeline.addHandler(inbox) }.withBoundSocket(socket).get()
      let sender = try await group.sender(to: receiver)
      try await sender.writeAndFlush(ByteBuffer(string: "hello"))
      #expect(try await inbox.take(1).map { String(buffer: $0.data) } == ["hello"])
    }
  }
}
