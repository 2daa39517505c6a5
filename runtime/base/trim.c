#include "runtime/base/trim.h"

#include <link.h>
#include <sys/mman.h>
#include <unistd.h>

/* Where an object was loaded.  A statically linked program says 0 of itself even if it is position independent; its headers,
   though, are in its first page. */
static uintptr_t load_base(const struct dl_phdr_info *info, uintptr_t page)
{
	if (info->dlpi_addr)
		return info->dlpi_addr;
	for (int i = 0; i < info->dlpi_phnum; i++)
		if (info->dlpi_phdr[i].p_type == PT_LOAD)
			return ((uintptr_t)info->dlpi_phdr & ~(page - 1)) -
			       info->dlpi_phdr[i].p_vaddr;
	return 0;
}

static int drop_text(struct dl_phdr_info *info, size_t size, void *arg)
{
	uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), base = load_base(info, page);

	(void)size;
	(void)arg;
	for (int i = 0; i < info->dlpi_phnum; i++) {
		const ElfW(Phdr) *ph = &info->dlpi_phdr[i];
		uintptr_t start = (base + ph->p_vaddr) & ~(page - 1);

		if (ph->p_type == PT_LOAD && !(ph->p_flags & PF_W))
			madvise((void *)start, base + ph->p_vaddr + ph->p_memsz - start,
				MADV_DONTNEED);
	}
	return 0;
}

void trim_text(void)
{
	dl_iterate_phdr(drop_text, NULL);
}
