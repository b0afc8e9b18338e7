// SPDX-License-Identifier: Apache-2.0

/// Whose objects a cache of the kernel holds.
enum CacheOwner {
  /// Both ends have the same: a socket, its inode, its file.
  case bothEnds
  /// Who has a socket in epoll: an object for it. Many kernels keep the buckets of the load's bound
  /// ports, which have the same size, in the same cache.
  case epoll(objectsPerConnection: Double)
  /// Who connects: its port is bound for it.
  case load
  /// The server: what is armed in its rings, which is io_kiocb and caches of plain memory.
  case server

  /// Nil for a cache that has to do with processes and files, not with connections.
  ///
  /// Others count for the server, if there is an object for each connection: kernels merge caches of
  /// one size under one of their names. If there is less, it is what the kernel notes of the pages
  /// of other caches (slabobj_ext, Linux 5.11), of both ends.
  init?(of cache: String, objectsPerConnection: Double) {
    switch cache {
    case "TCP", "sock_inode_cache", "inode_cache", "lsm_inode_cache", "dentry", "filp",
      "lsm_file_cache", "request_sock_TCP", "skbuff_head_cache", "skbuff_small_head",
      "skbuff_fclone_cache":
      self = .bothEnds
    case "eventpoll_epi", "eventpoll_pwq", "ep_head":
      self = .epoll(objectsPerConnection: objectsPerConnection)
    case "tcp_bind_bucket", "tcp_bind2_bucket": self = .load
    case _ where Self.foreign.contains { cache.hasPrefix($0) }: return nil
    default: self = objectsPerConnection > 0.75 ? .server : .bothEnds
    }
  }

  /// Beginnings of names.
  private static let foreign = [
    "anon_vma", "vm_area_struct", "maple_node", "mm_", "task_", "taskstats", "signal_cache",
    "sighand_cache", "files_cache", "fs_cache", "cred_jar", "pid", "vmap_area", "radix_tree_node",
    "buffer_head", "extent_status", "ext4_", "xfs_", "btrfs_", "overlayfs", "ovl_", "bio-",
    "kernfs_", "proc_", "pde_opener", "seq_file", "names_cache", "shmem_inode_cache",
  ]

  func serverShare(serverUsesEpoll: Bool) -> Double {
    switch self {
    case .bothEnds: 0.5
    case .epoll(let objects): serverUsesEpoll ? min(0.5, 1 / objects) : 0
    case .load: 0
    case .server: 1
    }
  }
}
