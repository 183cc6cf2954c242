build-san/netns/lab-text.o: netns/lab-text.c netns/lab-priv.h netns/lab.h \
 netns/error.h
netns/lab-priv.h:
netns/lab.h:
netns/error.h:
