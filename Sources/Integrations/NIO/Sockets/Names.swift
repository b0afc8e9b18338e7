// SPDX-License-Identifier: Apache-2.0

#if NIO
internal import SystemPackage

/// A descriptor, not NIO's protocol of the same name.
typealias FileDescriptor = SystemPackage.FileDescriptor
#endif
