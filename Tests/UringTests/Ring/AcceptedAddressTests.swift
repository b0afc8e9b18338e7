// SPDX-License-Identifier: Apache-2.0

import CLiburing
import Glibc
import SystemPackage
import TestSupport
import Testing

@testable import Uring

/// Accepts that store their peer's address.
@Suite struct AcceptedAddressTests {
  @Test func ofAFile() throws {
    var ring = try Ring.small()
    let listener = Listener()
    let peer = AcceptedAddress()
    expectNothing(in: peer)
    for slot in 1...2 {
      peer.reset()
      unsafe try ring.submit(
        .accept(from: .file(listener.descriptor), addressInto: peer.address), slot: slot)
      #expect(ring.reapAll() == [], "waits for a connection")
      let client = try listener.connectClient()
      defer { try? client.close() }
      let accepted = try #require(try ring.next().first)
      let file = FileDescriptor(rawValue: accepted.result)
      defer { try? file.close() }
      #expect(fcntl(accepted.result, F_GETFD) & FD_CLOEXEC != 0)
      let stored = peer.socketAddress
      #expect(try stored == .local(of: client))
      #expect(try stored == .peer(of: file))
    }
  }

  @Test(.needs(.directDescriptors)) func ofADirectDescriptor() throws {
    var ring = try Ring.small()
    try ring.makeDirectTable(capacity: 2)
    let listener = Listener()
    let peer = AcceptedAddress()
    for place in 0..<2 {
      peer.reset()
      let client = try listener.connectClient()
      defer { try? client.close() }
      unsafe try ring.submit(
        .accept(
          from: .file(listener.descriptor), options: .intoDirectTable, addressInto: peer.address))
      let accepted = try #require(try ring.next().first)
      #expect(accepted.result == Int32(place), "the next place of the table")
      #expect(!accepted.hasMore)
      let stored = peer.socketAddress
      #expect(try stored == .local(of: client))
    }
  }

  @Test func ofAPeerWithoutAName() throws {
    var ring = try Ring.small()
    let listener = try UnixListener()
    let client = try listener.connectClient()
    defer { try? client.close() }
    let peer = AcceptedAddress()
    unsafe try ring.submit(.accept(from: .file(listener.descriptor), addressInto: peer.address))
    let accepted = try #require(try ring.next().first)
    #expect(accepted.error == nil)
    try? FileDescriptor(rawValue: accepted.result).close()
    let stored = peer.socketAddress
    #expect(stored?.isUnixDomain == true)
    #expect(stored?.description == "unix:")
  }

  @Test func ofAPeerThatHasReset() throws {
    var ring = try Ring.small()
    let listener = Listener()
    let client = try listener.connectClient()
    let address = try SocketAddress.local(of: client)
    var resets = linger(l_onoff: 1, l_linger: 0)
    let answer = unsafe setsockopt(
      client.rawValue, SOL_SOCKET, SO_LINGER, &resets, socklen_t(MemoryLayout<linger>.size))
    #expect(answer == 0)
    try client.close()
    let peer = AcceptedAddress()
    unsafe try ring.submit(.accept(from: .file(listener.descriptor), addressInto: peer.address))
    let accepted = try #require(try ring.next().first)
    #expect(accepted.error == nil)
    try? FileDescriptor(rawValue: accepted.result).close()
    let stored = peer.socketAddress
    #expect(stored == address)
  }

  @Test func nothingIsStoredByAnAcceptThatFails() throws {
    var ring = try Ring.small()
    let pair = try SocketPair()
    let peer = AcceptedAddress()
    unsafe try ring.submit(.accept(from: .file(pair.near), addressInto: peer.address))
    #expect(try ring.next().first?.error == .invalidArgument)
    expectNothing(in: peer)
  }

  private func expectNothing(in peer: borrowing AcceptedAddress) {
    let stored = peer.socketAddress
    #expect(stored == nil)
  }
}

/// A Unix-domain listener with a name of the kernel's choice (unix(7), "Autobind").
private struct UnixListener: ~Copyable {
  let descriptor: FileDescriptor

  init() throws {
    descriptor = FileDescriptor(rawValue: try Self.makeSocket())
    var family = sockaddr(sa_family: sa_family_t(AF_UNIX), sa_data: sockaddr().sa_data)
    let size = socklen_t(MemoryLayout<sa_family_t>.size)
    let isBound = unsafe Glibc.bind(descriptor.rawValue, &family, size) == 0
    let isListening = listen(descriptor.rawValue, 4) == 0
    #expect(isBound && isListening)
  }

  deinit { try? descriptor.close() }

  func connectClient() throws -> FileDescriptor {
    let client = FileDescriptor(rawValue: try Self.makeSocket())
    let answer = try unsafe SocketAddress.local(of: descriptor).withSockaddr { start, byteCount in
      unsafe Glibc.connect(
        client.rawValue, start.assumingMemoryBound(to: sockaddr.self), socklen_t(byteCount))
    }
    try #require(answer == 0)
    return client
  }

  private static func makeSocket() throws -> Int32 {
    let number = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    try #require(number >= 0)
    return number
  }
}
