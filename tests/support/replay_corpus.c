/* Stands in for libFuzzer's main: runs every file of the folder given as argument through the
 * target once. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *octets, size_t len);

static int replay_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    uint8_t *octets = NULL;
    size_t len = 0, size = 0;

    if (file == NULL)
        return 0;
    for (;;) {
        size_t n;

        if (len == size) {
            size = size ? 2 * size : 4096;
            octets = realloc(octets, size);
            if (octets == NULL)
                abort();
        }
        n = fread(octets + len, 1, size - len, file);
        if (n == 0)
            break;
        len += n;
    }
    fclose(file);
    LLVMFuzzerTestOneInput(octets, len);
    free(octets);
    return 1;
}

int main(int argc, char **argv)
{
    int n = 0;

    for (int i = 1; i < argc; i++) {
        DIR *folder = opendir(argv[i]);
        struct dirent *entry;

        if (folder == NULL) {
            fprintf(stderr, "%s: no such folder\n", argv[i]);
            return 1;
        }
        while ((entry = readdir(folder)) != NULL) {
            char path[4096];

            if (entry->d_name[0] == '.')
                continue;
            snprintf(path, sizeof path, "%s/%s", argv[i], entry->d_name);
            n += replay_file(path);
        }
        closedir(folder);
    }
    printf("%d inputs replayed\n", n);
    return n > 0 ? 0 : 1;
}
