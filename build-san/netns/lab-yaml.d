build-san/netns/lab-yaml.o: netns/lab-yaml.c netns/cleanup.h \
 netns/lab-priv.h netns/lab.h netns/error.h
netns/cleanup.h:
netns/lab-priv.h:
netns/lab.h:
netns/error.h:
