use std::{
    fs,
    path::{Path, PathBuf},
};

/// Where the control group of the process lies.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Place {
    /// By controller, where there is a hierarchy for each, as v1 has it.
    controllers: Vec<(String, Folders)>,
    unified: Option<Folders>,
}

/// The folder of a control group and those of the groups around it, from inside out.
pub(super) type Folders = Vec<PathBuf>;

impl Place {
    /// None where control groups are not to be seen. `root` is that of the file system.
    pub(super) fn of_process(root: &Path) -> Option<Self> {
        let groups = fs::read_to_string(root.join("proc/self/cgroup")).ok()?;
        let mounts = fs::read_to_string(root.join("proc/self/mounts")).ok()?;
        let mounts: Vec<_> = mounts.lines().filter_map(Mount::read).collect();
        let mut place = Self::default();
        for group in groups.lines() {
            let mut parts = group.splitn(3, ':').skip(1);
            let (Some(controllers), Some(path)) = (parts.next(), parts.next()) else {
                continue;
            };
            if controllers.is_empty() {
                let mount = mounts.iter().find(|mount| mount.kind == "cgroup2");
                place.unified = mount.and_then(|mount| mount.folders(root, path));
                continue;
            }
            for controller in controllers.split(',') {
                let mount = mounts.iter().find(|mount| mount.has(controller));
                if let Some(folders) = mount.and_then(|mount| mount.folders(root, path)) {
                    place.controllers.push((controller.to_owned(), folders));
                }
            }
        }
        (place != Self::default()).then_some(place)
    }

    /// The folders of a controller in a hierarchy of its own.
    pub(super) fn v1(&self, controller: &str) -> Option<&Folders> {
        let mut known = self.controllers.iter();
        let (_, folders) = known.find(|(known, _)| known == controller)?;
        Some(folders)
    }

    /// The folders of all controllers that have no hierarchy of their own.
    pub(super) fn v2(&self) -> Option<&Folders> {
        self.unified.as_ref()
    }
}

/// A mounted hierarchy.
struct Mount<'a> {
    at: &'a str,
    kind: &'a str,
    options: &'a str,
}

impl<'a> Mount<'a> {
    fn read(line: &'a str) -> Option<Self> {
        let mut words = line.split(' ').skip(1);
        let mount = Self {
            at: words.next()?,
            kind: words.next()?,
            options: words.next()?,
        };
        mount.kind.starts_with("cgroup").then_some(mount)
    }

    fn has(&self, controller: &str) -> bool {
        self.kind == "cgroup" && self.options.split(',').any(|option| option == controller)
    }

    fn folders(&self, root: &Path, path: &str) -> Option<Folders> {
        let mount = root.join(self.at.trim_start_matches('/'));
        let inner = mount.join(path.trim_start_matches('/'));
        // In a container without a namespace of its own the path is that of the host, and the mount is the group.
        let inner = if inner.is_dir() { inner } else { mount.clone() };
        let around = inner
            .ancestors()
            .take_while(|folder| folder.starts_with(&mount));
        let folders: Folders = around.map(Path::to_owned).collect();
        mount.is_dir().then_some(folders)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn machine(groups: &str, mounts: &str, folders: &[&str]) -> tempfile::TempDir {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("proc/self")).unwrap();
        fs::write(root.path().join("proc/self/cgroup"), groups).unwrap();
        fs::write(root.path().join("proc/self/mounts"), mounts).unwrap();
        for folder in folders {
            fs::create_dir_all(root.path().join(folder)).unwrap();
        }
        root
    }

    #[test]
    fn a_group_of_v2_lies_within_those_around_it() {
        let root = machine(
            "0::/shop.slice/api\n",
            "cgroup2 /sys/fs/cgroup cgroup2 rw 0 0\n",
            &["sys/fs/cgroup/shop.slice/api"],
        );
        let place = Place::of_process(root.path()).unwrap();
        let mount = root.path().join("sys/fs/cgroup");
        let folders = [
            mount.join("shop.slice/api"),
            mount.join("shop.slice"),
            mount,
        ];
        assert_eq!(place.v2().unwrap()[..], folders);
        assert_eq!(place.v1("memory"), None);
    }

    #[test]
    fn each_controller_of_v1_has_a_place_of_its_own() {
        let root = machine(
            "4:memory:/docker/f00\n2:cpu,cpuacct:/\n0::/\n",
            "cgroup /sys/fs/cgroup/memory cgroup rw,memory 0 0\n\
             cgroup /sys/fs/cgroup/cpu cgroup rw,cpu,cpuacct 0 0\n",
            &["sys/fs/cgroup/memory", "sys/fs/cgroup/cpu"],
        );
        let place = Place::of_process(root.path()).unwrap();
        // The path is one of the host's.
        let memory = vec![root.path().join("sys/fs/cgroup/memory")];
        assert_eq!(place.v1("memory"), Some(&memory));
        let cpu = vec![root.path().join("sys/fs/cgroup/cpu")];
        assert_eq!(place.v1("cpuacct"), Some(&cpu));
        assert_eq!(place.v2(), None);
    }

    #[test]
    fn without_control_groups_there_is_no_place() {
        let root = machine("", "proc /proc proc rw 0 0\n", &[]);
        assert_eq!(Place::of_process(root.path()), None);
    }
}
