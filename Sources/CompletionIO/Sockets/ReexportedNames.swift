// SPDX-License-Identifier: Apache-2.0

// What the public declarations of this module speak of and other modules declare. A program that
// imports this one names them, and uses their members, without another import.
@_exported public import struct SystemPackage.Errno
@_exported public import struct SystemPackage.FileDescriptor
@_exported public import struct Uring.BufferLease
@_exported public import struct Uring.SocketAddress
@_exported public import struct Uring.SocketAddressError
